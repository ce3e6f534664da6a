import { setImmediate } from 'node:timers/promises';

/** How long work goes on before it lets the event loop turn. */
const SLICE_MS = 4;
/** Pieces that are joined at once. */
const GROUP = 256;

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

/** Joins many pieces. Group by group, as joining them all at the end would be long work itself. */
export async function joinInSlices(pieces: Iterable<string>, separator: string, slices: Slices): Promise<string> {
  const joined: string[] = [];
  let group: string[] = [];
  for (const piece of pieces) {
    group.push(piece);
    if (group.length === GROUP) {
      joined.push(group.join(separator));
      group = [];
    }
    if (slices.due) await slices.pause();
  }
  if (group.length > 0) joined.push(group.join(separator));
  return joined.join(separator);
}
