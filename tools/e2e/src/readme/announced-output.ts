/** Lines that a program announces in its comments; `…` stands for what is different each time. */
export interface AnnouncedOutput {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

const PRINTS = /\/\/ Prints( to stderr)?:(?: (.*))?$/;
const GOES_ON = /^\s*\/\/(?: {3}(.*))?$/;

/**
 * Reads comments as Node's own documentation has them: `// Prints: text` behind a statement, or `// Prints:` alone, with the lines below it, each
 * behind `//` and three spaces. `// Prints to stderr:` likewise.
 */
export function announcedOutput(code: string): AnnouncedOutput {
  const announced = { stdout: [] as string[], stderr: [] as string[] };
  let block: string[] | null = null;
  for (const line of code.split('\n')) {
    const prints = PRINTS.exec(line);
    if (prints === null) {
      const goesOn = GOES_ON.exec(line);
      if (goesOn === null) block = null;
      else block?.push(goesOn[1] ?? '');
      continue;
    }
    const [, stderr, text] = prints;
    const lines = stderr === undefined ? announced.stdout : announced.stderr;
    block = text === undefined ? lines : null;
    if (text !== undefined) lines.push(text);
  }
  return announced;
}

/** Matches an output that has these lines and nothing else. `…` is some text within a line; a line of it alone is any number of lines. */
export function outputPattern(lines: readonly string[]): RegExp {
  const parts = lines.map((line) => (line.trim() === '…' ? '(?:.*\\n)*' : `${escaped(line).replaceAll('…', '.+')}\\n`));
  return new RegExp(`^${parts.join('')}$`);
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
