const MIN_CAPACITY = 16;

/** A queue in a circular array: what is put in at one end comes out at the other at the same cost, however long it is. */
export class Ring<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(MIN_CAPACITY).fill(undefined);
  #mask = MIN_CAPACITY - 1;
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size > this.#mask) this.#grow();
    this.#slots[(this.#head + this.#size++) & this.#mask] = item;
  }

  /** Puts `item` before all others. */
  unshift(item: T): void {
    if (this.#size > this.#mask) this.#grow();
    this.#head = (this.#head - 1) & this.#mask;
    this.#slots[this.#head] = item;
    this.#size++;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#size--;
    return item;
  }

  /** In the order they come out. */
  forEach(visit: (item: T) => void): void {
    for (let i = 0; i < this.#size; i++) visit(this.#slots[(this.#head + i) & this.#mask] as T);
  }

  /** Takes out everything, first to last. */
  drain(): T[] {
    const items: T[] = [];
    this.forEach((item) => items.push(item));
    this.#slots = new Array<T | undefined>(MIN_CAPACITY).fill(undefined);
    this.#mask = MIN_CAPACITY - 1;
    this.#head = 0;
    this.#size = 0;
    return items;
  }

  #grow(): void {
    const slots = new Array<T | undefined>(2 * this.#slots.length).fill(undefined);
    for (let i = 0; i < this.#size; i++) slots[i] = this.#slots[(this.#head + i) & this.#mask];
    this.#slots = slots;
    this.#mask = slots.length - 1;
    this.#head = 0;
  }
}
