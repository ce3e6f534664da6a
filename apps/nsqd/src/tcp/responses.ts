/** The place of an answer that is not known yet. */
interface Slot {
  answer: (() => void) | null;
}

/**
 * Keeps answers in the order of their commands while some take time: a publish is answered once it is stored. As long as nothing waits,
 * answers go out at once and nothing is kept.
 */
export class Responses {
  #slots: Slot[] = [];
  #first = 0; // slots in front of it have been answered

  /** Commands whose answer has not gone out. */
  get waiting(): number {
    return this.#slots.length - this.#first;
  }

  /** Calls `answer` when all commands before have been answered. */
  after(answer: () => void): void {
    if (this.waiting === 0) answer();
    else this.#slots.push({ answer });
  }

  /** Takes the place of an answer. Call what it returns, once, with what the answer does. */
  reserve(): (answer: () => void) => void {
    const slot: Slot = { answer: null };
    this.#slots.push(slot);
    return (answer) => {
      slot.answer = answer;
      this.#answer();
    };
  }

  /** Nobody is there to be answered any more. */
  clear(): void {
    this.#slots = [];
    this.#first = 0;
  }

  #answer(): void {
    for (let slot = this.#slots[this.#first]; slot?.answer; slot = this.#slots[this.#first]) {
      this.#first++;
      slot.answer();
    }
    if (this.#first === this.#slots.length) this.clear();
    else if (this.#first > 1024 && this.#first * 2 > this.#slots.length) {
      this.#slots.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
