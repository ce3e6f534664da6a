import { setImmediate } from 'node:timers/promises';

/** How long work goes on before it lets the event loop turn. */
const SLICE_MS = 4;

/** Cuts long work into slices: ask `due` after each small piece, and await `pause` when it says so. */
export class Slices {
  readonly #ms: number;
  #began = performance.now();

  constructor(ms = SLICE_MS) {
    this.#ms = ms;
  }

  get due(): boolean {
    return performance.now() - this.#began >= this.#ms;
  }

  /** Lets everything else that waits have its turn. */
  async pause(): Promise<void> {
    await setImmediate();
    this.#began = performance.now();
  }
}
