import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const HELP_TIMEOUT_MS = 20_000;
const FLAG = /(?<![\w-])--?([a-zA-Z0-9][\w-]*)/g;
const SUBCOMMANDS = /^Commands:\n((?: {2}.*\n?)*)/m;

/** The programs that packages bring, in a folder for the PATH of a shell. */
export class Programs {
  /** Paths of the programs, by name. */
  readonly paths: ReadonlyMap<string, string>;
  readonly #folder: string;
  readonly #help = new Map<string, Promise<string>>();

  private constructor(folder: string, paths: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.paths = paths;
  }

  /** @param folders of packages, installed or built */
  static async of(folders: readonly string[]): Promise<Programs> {
    const folder = await mkdtemp(join(tmpdir(), 'nsq-programs-'));
    const paths = new Map<string, string>();
    for (const packageFolder of folders) {
      const { bin = {} } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { bin?: Record<string, string> };
      for (const [name, file] of Object.entries(bin)) paths.set(name, join(packageFolder, file));
    }
    for (const [name, file] of paths) {
      await writeFile(join(folder, name), `#!/bin/sh\nexec '${process.execPath}' '${file}' "$@"\n`, { mode: 0o755 });
    }
    return new Programs(folder, paths);
  }

  /** Variables with which a shell finds the programs first. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, PATH: `${this.#folder}${delimiter}${process.env['PATH'] ?? ''}` };
  }

  /** What `--help` prints for a program, or a command of one. */
  help(...command: string[]): Promise<string> {
    const key = command.join(' ');
    const help = this.#help.get(key) ?? this.#ask(command);
    this.#help.set(key, help);
    return help;
  }

  /** What of these words a program does not know: commands and flags. `words[0]` is its name. */
  async unknownWords(words: readonly string[]): Promise<string[]> {
    const path = words.slice(0, 1);
    let commands = subcommands(await this.help(...path));
    for (const word of words.slice(1)) {
      if (commands.length === 0 || word.startsWith('-')) break;
      if (!commands.includes(word)) return [[...path, word].join(' ')];
      path.push(word);
      commands = subcommands(await this.help(...path));
    }
    const byDefault = commands.includes('list') ? await this.help(...path, 'list') : '';
    const known = flags((await this.help(...path)) + byDefault);
    const end = words.indexOf('--');
    return words
      .slice(path.length, end < 0 ? undefined : end)
      .filter((word) => /^--?[a-zA-Z]/.test(word))
      .map((word) => word.replace(/=.*/s, ''))
      .filter((word) => !known.has(word.replace(/^--?/, '')))
      .map((flag) => [...path, flag].join(' '));
  }

  /** All flags of all programs and their commands, without dashes. */
  async allFlags(): Promise<Set<string>> {
    const all = new Set<string>();
    for (let left = [...this.paths.keys()].map((name) => [name]); left.length > 0;) {
      const path = left.pop() ?? [];
      const help = await this.help(...path);
      for (const flag of flags(help)) all.add(flag);
      left = left.concat(
        subcommands(help)
          .filter((name) => name !== 'help')
          .map((name) => [...path, name]),
      );
    }
    return all;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #ask([name = '', ...path]: readonly string[]): Promise<string> {
    const file = this.paths.get(name);
    if (file === undefined) throw new Error(`there is no program ${name}`);
    return new Promise((resolve) => {
      const args = [file, ...path, '--help'];
      execFile(process.execPath, args, { timeout: HELP_TIMEOUT_MS }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
  }
}

const flags = (help: string): Set<string> => new Set([...help.matchAll(FLAG)].map(([, flag = '']) => flag));

function subcommands(help: string): string[] {
  const [, list = ''] = SUBCOMMANDS.exec(help) ?? [];
  return list.split('\n').flatMap((line) => /^ {2}([a-z][\w-]*)/.exec(line)?.[1] ?? []);
}
