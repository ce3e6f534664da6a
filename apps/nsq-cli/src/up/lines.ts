/** Longest piece of a line that is kept: a daemon that writes no line end must not fill the memory. Characters. */
const MAX_LINE = 64 * 1024;

/** Cuts text that comes in chunks into lines. */
export class Lines {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    if (this.#rest.length >= MAX_LINE) this.end();
  }

  /** What has no line end is a line as well. */
  end(): void {
    const rest = this.#rest;
    this.#rest = '';
    if (rest !== '') this.#onLine(rest);
  }
}
