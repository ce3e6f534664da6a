import { outputPattern } from './announced-output.js';
import type { Programs } from './programs.js';
import type { Example } from './readme-examples.js';
import { replaced } from './run-example.js';
import { shellLines, type ShellLine } from './shell-commands.js';
import { Terminal } from './terminal.js';

const STEP_MS = 60_000;
const PRINT_MS = 30_000;
const DAEMONS = new Set(['nsqd', 'nsqlookupd']);
/** What `nsq up` and the logs of daemons say of their ports, and the port that a README has for it. */
const LISTENING = [
  { pattern: /nsqlookupd-1 +clients \S+:(\d+)/, port: 4160 },
  { pattern: /nsqlookupd-1 .* http:\/\/\S+:(\d+)/, port: 4161 },
  { pattern: /nsqd-1 +clients \S+:(\d+)/, port: 4150 },
  { pattern: /nsqd-1 .* http:\/\/\S+:(\d+)/, port: 4151 },
  { pattern: /^\[nsqlookupd\] .* TCP: listening on \S+:(\d+)$/m, port: 4160 },
  { pattern: /^\[nsqlookupd\] .* HTTP: listening on \S+:(\d+)$/m, port: 4161 },
  { pattern: /^\[nsqd\] .* TCP: listening on \S+:(\d+)$/m, port: 4150 },
  { pattern: /^\[nsqd\] .* HTTP: listening on \S+:(\d+)$/m, port: 4151 },
];

/**
 * Types the `sh` examples into shells, one after the other. A line whose comment says that Ctrl-C ends it keeps a terminal for itself until all is done; the
 * others must end with exit code 0. A `text` example says what the `sh` in front of it prints on standard output, or what a terminal that runs has printed since
 * it was looked at last; how many spaces there are makes no difference. Daemons get free ports in place of 4150, 4151, 4160 and 4161.
 */
export class WalkThrough {
  readonly #programs: Programs;
  readonly #cwd: string;
  readonly #terminals: Terminal[] = [];
  readonly #ports = new Map<number, string>();
  /** How much of a terminal's output has been compared, characters. */
  readonly #seen = new Map<Terminal, number>();
  readonly #differences: string[] = [];

  constructor(programs: Programs, cwd: string) {
    this.#programs = programs;
    this.#cwd = cwd;
  }

  /** What was not as the README says. @throws {Error} when a command does not get as far as it must for the next one */
  async run(examples: readonly Example[]): Promise<string[]> {
    try {
      let shells: Terminal[] = [];
      for (const example of examples) {
        if (example.language === 'text') await this.#compare(example, shells);
        if (example.language !== 'sh') continue;
        shells = [];
        for (const line of shellLines(example.code)) shells.push(await this.#type(line));
      }
      await this.#interrupt();
      return this.#differences;
    } finally {
      for (const terminal of this.#terminals) terminal.signal('SIGKILL');
      await Promise.allSettled(this.#terminals.map(({ exited }) => exited));
    }
  }

  async #type(line: ShellLine): Promise<Terminal> {
    const [[program = '', command = ''] = []] = line.commands.map(({ words }) => words);
    const toNsqd = line.commands.some(({ words: [name, verb = ''] }) => name === 'nsq' && /^(pub|bench)$/.test(verb));
    const text = `${this.#here(line.text)}${anyPorts(program, command)}`;
    const terminal = new Terminal(text, this.#cwd, { ...this.#programs.environment, ...this.#addresses(toNsqd) });
    if (line.stays) this.#terminals.push(terminal);
    if (DAEMONS.has(program)) await this.#listening(terminal, program === 'nsqd' ? [4150, 4151] : [4160, 4161]);
    else if (command === 'up') await this.#listening(terminal, [4150, 4151, 4160, 4161]);
    else if (!line.stays) {
      const code = await terminal.ended(STEP_MS);
      if (code !== 0) this.#differences.push(`${text}: ends with ${code ?? 'a signal'}\n${terminal.stdout}${terminal.stderr}`);
    }
    return terminal;
  }

  async #listening(terminal: Terminal, ports: readonly number[]): Promise<void> {
    const found = (): (readonly [number, string])[] =>
      LISTENING.flatMap(({ pattern, port }) => {
        const [, bound] = pattern.exec(terminal.stdout + terminal.stderr) ?? [];
        return bound !== undefined && ports.includes(port) ? [[port, bound] as const] : [];
      });
    await terminal.until('listening', () => new Set(found().map(([port]) => port)).size === ports.length, STEP_MS);
    for (const [port, bound] of found()) this.#ports.set(port, bound);
  }

  #here(text: string): string {
    return replaced(text, new Map([...this.#ports].map(([port, bound]) => [String(port), bound])));
  }

  /** Where `nsq` looks when nothing is said, at the ports that there are. */
  #addresses(toNsqd: boolean): NodeJS.ProcessEnv {
    const [nsqd, lookupd] = [this.#ports.get(4151), this.#ports.get(4161)];
    if (lookupd !== undefined && !toNsqd) return { NSQ_LOOKUPD: `127.0.0.1:${lookupd}` };
    return nsqd === undefined ? {} : { NSQ_NSQD: `http://127.0.0.1:${nsqd}` };
  }

  async #compare({ code, line }: Example, shells: readonly Terminal[]): Promise<void> {
    const pattern = outputPattern(squeezed(code).split('\n'));
    const restore = new Map([...this.#ports].map(([port, bound]) => [bound, String(port)]));
    const outputs = (): string[] => [
      shells.map(({ stdout }) => stdout).join('\n'),
      ...this.#terminals.map((terminal) => terminal.stdout.slice(this.#seen.get(terminal) ?? 0)),
    ];
    const printed = (): boolean => outputs().some((output) => pattern.test(`${squeezed(replaced(output, restore))}\n`));
    // What runs on prints when it comes to it.
    await Promise.any(this.#terminals.map((terminal) => terminal.until('printing', printed, PRINT_MS))).catch(() => undefined);
    if (!printed()) this.#differences.push(`line ${line}: should be\n${code}and there is\n${outputs().join('\n')}`);
    for (const terminal of this.#terminals) this.#seen.set(terminal, terminal.stdout.length);
  }

  /** Ctrl-C in each terminal, the newest first. */
  async #interrupt(): Promise<void> {
    for (const terminal of this.#terminals.toReversed()) {
      terminal.signal('SIGINT');
      const code = await terminal.ended(STEP_MS);
      if (code !== 0) this.#differences.push(`${terminal.text}: ends with ${code ?? 'a signal'} after Ctrl-C\n${terminal.stderr}`);
    }
  }
}

const squeezed = (text: string): string => text.trim().replace(/ +/g, ' ').replace(/ $/gm, '');

function anyPorts(program: string, command: string): string {
  if (DAEMONS.has(program)) return ' --tcp-address=127.0.0.1:0 --http-address=127.0.0.1:0 --broadcast-address=127.0.0.1';
  return program === 'nsq' && command === 'up' ? ' --any-ports' : '';
}
