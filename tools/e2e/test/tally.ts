import { within } from '../src/index.js';

/** Counts what arrives, and tells when so many different ones have. */
export class Tally {
  readonly #counts = new Map<string, number>();
  #goal = Infinity;
  #reached = (): void => undefined;

  add(text: string): void {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
    if (this.#counts.size >= this.#goal) this.#reached();
  }

  has(text: string): boolean {
    return this.#counts.has(text);
  }

  /** How many different texts there were. */
  get unique(): number {
    return this.#counts.size;
  }

  get repeated(): string[] {
    return [...this.#counts].filter(([, count]) => count > 1).map(([text]) => text);
  }

  missing(expected: Iterable<string>): string[] {
    return [...expected].filter((text) => !this.#counts.has(text));
  }

  /** Waits until `goal` different texts have arrived; one waiter at a time. */
  async reach(goal: number, ms: number): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      this.#reached = resolve;
      this.#goal = goal;
    });
    if (this.unique < goal) await within(ms, `${goal} different messages`, reached);
  }
}
