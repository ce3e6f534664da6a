import { stripVTControlCharacters } from 'node:util';

/** What is used of a terminal; `process.stdout` is one, sometimes. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const ERASE_BELOW = '\u001b[J';

/** Lines on a terminal that replace those drawn before. What does not fit is left out, and how much that is said. */
export class LiveView {
  readonly #screen: Screen;
  #height = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  draw(lines: readonly string[]): void {
    // A terminal that does not know its size says 0.
    const width = this.#screen.columns || 80;
    const room = Math.max(2, (this.#screen.rows || 24) - 1);
    const fitting = lines.length <= room ? lines : [...lines.slice(0, room - 1), `... ${lines.length - room + 1} more lines`];
    const back = this.#height === 0 ? '' : `\u001b[${this.#height}A\r`;
    this.#screen.write(`${back}${ERASE_BELOW}${fitting.map((line) => `${stripVTControlCharacters(line).slice(0, width)}\n`).join('')}`);
    this.#height = fitting.length;
  }
}
