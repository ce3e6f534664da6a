import { styleText } from 'node:util';

const COLOURS = ['cyan', 'green', 'yellow', 'magenta', 'blue'] as const;

/** Writes the daemons' lines with their names in front, in columns; in colour on a terminal. */
export class LogLines {
  readonly #stream: NodeJS.WriteStream;
  readonly #prefixes = new Map<string, string>();

  constructor(stream: NodeJS.WriteStream, names: readonly string[]) {
    this.#stream = stream;
    const width = Math.max(...names.map(({ length }) => length), 0);
    names.forEach((name, index) => {
      const prefix = `${name.padEnd(width)} |`;
      this.#prefixes.set(
        name,
        stream.isTTY && !process.env['NO_COLOR'] ? styleText(COLOURS[index % COLOURS.length] ?? 'cyan', prefix) : prefix,
      );
    });
  }

  readonly write = (name: string, line: string): void => {
    this.#stream.write(`${this.#prefixes.get(name) ?? name} ${line}\n`);
  };
}
