import { summarize } from './percentiles.js';

const FEW = 100;

/** Durations until there are enough for a line. */
class Series {
  readonly #name: string;
  readonly #every: number;
  readonly #print: (text: string) => void;
  #durations: number[] = [];

  constructor(name: string, every: number, print: (text: string) => void) {
    this.#name = name;
    this.#every = every;
    this.#print = print;
  }

  add(ms: number): void {
    if (this.#durations.length === this.#every) {
      const { p99, p95, average } = summarize(this.#durations);
      const values = `99th: ${p99.toFixed(2)}ms - 95th: ${p95.toFixed(2)}ms - avg: ${average.toFixed(2)}ms`;
      this.#print(`[${this.#name}]: finished ${this.#every} - ${values}`);
      this.#durations = [];
    }
    this.#durations.push(ms);
  }
}

/** Prints a line on every so many measurements, when the next one comes: of all addresses together, and of each when there are several. */
export class StatusLines {
  readonly #all: Series | null;
  readonly #each: readonly Series[];

  /** @param every 0 for none */
  constructor(addresses: readonly string[], every: number, print: (text: string) => void) {
    const on = every > 0;
    const make = (name: string): Series => new Series(name, every, print);
    this.#all = on ? make('aggregate') : null;
    this.#each = on && addresses.length > 1 ? addresses.map(make) : [];
    if (on && every < FEW) print(`Warning: use more than ${FEW} status values for accurate percentiles (configured with ${every})`);
  }

  /** A message is done with. */
  add(ms: number): void {
    this.#all?.add(ms);
  }

  /** An address has done its part. */
  addFor(index: number, ms: number): void {
    this.#each[index]?.add(ms);
  }
}
