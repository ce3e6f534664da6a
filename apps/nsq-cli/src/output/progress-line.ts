/** What is used of a terminal; `process.stderr` is one, sometimes. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 250;
/** Of a terminal that does not tell: it says 0, or nothing. */
const DEFAULT_COLUMNS = 80;
const ERASE_LINE = '\r\u001b[K';

/** One line on a terminal that tells how far something is, and is gone at the end. Elsewhere it writes nothing. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #shown = false;

  constructor(terminal: Terminal = process.stderr, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
  }

  /** @param line is called only when it is shown, four times a second at most */
  update(line: () => string): void {
    if (this.#terminal.isTTY !== true) return;
    const now = this.#now();
    if (now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#shown = true;
    this.#terminal.write(ERASE_LINE + line().slice(0, (this.#terminal.columns || DEFAULT_COLUMNS) - 1));
  }

  clear(): void {
    if (this.#shown) this.#terminal.write(ERASE_LINE);
    this.#shown = false;
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }
}

/** Counts since it was made, and how fast that is. */
export class Rate {
  readonly #startedAt = performance.now();

  /** Per second. */
  of(count: number): number {
    return Math.round((count * 1000) / Math.max(1, performance.now() - this.#startedAt));
  }
}

const NUMBER = new Intl.NumberFormat('en-US');

/** 1,234,567 */
export const grouped = (value: number): string => NUMBER.format(value);

/** `1 message`, `2 messages` */
export const counted = (count: number, what: string): string => `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
