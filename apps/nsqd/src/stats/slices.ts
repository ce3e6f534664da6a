import { setImmediate } from 'node:timers/promises';

/** How long work goes on before it lets the event loop turn. */
const SLICE_MS = 4;
/** Characters that become bytes together. */
const CHUNK_LENGTH = 64 * 1024;
/** Pieces, each a line or a few, between two looks at the clock. */
const PIECES_AT_ONCE = 16;

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

/** Turns many pieces of text into the bytes of a reply. To put megabytes together, or to encode them, at once would be long work itself. */
export async function bytesInSlices(pieces: Iterable<string>, slices: Slices): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let text = '';
  let count = 0;
  for (const piece of pieces) {
    text += piece;
    if (text.length >= CHUNK_LENGTH) {
      chunks.push(Buffer.from(text));
      text = '';
    }
    if (++count % PIECES_AT_ONCE === 0 && slices.due) await slices.pause();
  }
  chunks.push(Buffer.from(text));
  return Buffer.concat(chunks);
}
