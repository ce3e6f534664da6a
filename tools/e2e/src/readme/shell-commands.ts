/** A simple command of a shell block: what is between pipes and line ends. */
export interface ShellCommand {
  readonly words: readonly string[];
}

/** A line of a shell block, as typed into one terminal. */
export interface ShellLine {
  /** Without its comment. */
  readonly text: string;
  readonly commands: readonly ShellCommand[];
  /** Its comment says that Ctrl-C ends it: it keeps a terminal for itself. */
  readonly stays: boolean;
}

const TOKEN = /\s*(#.*$|\|\|?|&&?|;|(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"|&;\\])+)/gy;

/** Reads lines as far as READMEs need it: quotes, pipes, `&&`, comments, and lines that go on behind a backslash. */
export function shellLines(code: string): ShellLine[] {
  return code
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map(shellLine)
    .filter(({ text }) => text !== '');
}

function shellLine(line: string): ShellLine {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let comment = '';
  let end = 0;
  for (const match of line.matchAll(TOKEN)) {
    const [whole, token = ''] = match;
    if (token.startsWith('#')) comment = token;
    else {
      end = match.index + whole.length;
      if (/^[|&;]+$/.test(token)) {
        commands.push({ words });
        words = [];
      } else words.push(unquoted(token));
    }
  }
  if (words.length > 0) commands.push({ words });
  return { text: line.slice(0, end).trim(), commands, stays: comment.includes('Ctrl-C') };
}

const unquoted = (token: string): string =>
  token.replace(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g,
    (_, single?: string, double?: string, char?: string) => single ?? double ?? char ?? '',
  );
