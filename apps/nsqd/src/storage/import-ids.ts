const MIN_SLOTS = 1024;

/** Ids that are remembered at the most: 128 MiB. */
const MAX_IDS = 2 ** 23;

/** Which message ids a channel has already: two integers in a table for each, no objects. Beyond eight million it learns no new ones. */
export class IdSet {
  #slots = new Int32Array(2 * MIN_SLOTS); // 0, 0 is a free slot
  #mask = MIN_SLOTS - 1;
  #size = 0;
  #hasZero = false;

  /** False when the id is there already. */
  add(hi: number, lo: number): boolean {
    if (hi === 0 && lo === 0) {
      const isNew = !this.#hasZero;
      this.#hasZero = true;
      return isNew;
    }
    const at = this.#find(hi, lo);
    if (this.#slots[at] !== 0 || this.#slots[at + 1] !== 0) return false;
    if (this.#size === MAX_IDS) return true;
    this.#slots[at] = hi;
    this.#slots[at + 1] = lo;
    if (++this.#size * 2 > this.#mask) this.#grow();
    return true;
  }

  /** Where the id is, or the free slot where it belongs. */
  #find(hi: number, lo: number): number {
    const slots = this.#slots;
    let hash = Math.imul(hi, 0x9e3779b1) ^ Math.imul(lo, 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = 2 * slot;
      if ((slots[at] === hi && slots[at + 1] === lo) || (slots[at] === 0 && slots[at + 1] === 0)) return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    this.#mask = old.length - 1;
    for (let i = 0; i < old.length; i += 2) {
      const hi = old[i] ?? 0;
      const lo = old[i + 1] ?? 0;
      if (hi === 0 && lo === 0) continue;
      const at = this.#find(hi, lo);
      this.#slots[at] = hi;
      this.#slots[at + 1] = lo;
    }
  }
}
