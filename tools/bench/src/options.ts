import { parseArgs, types } from 'node:util';

/** What to measure, how often, against which daemon. */
export interface BenchOptions {
  readonly scenarios: readonly string[];
  /** A daemon that runs already; null to start one for each run. */
  readonly attach: { readonly host: string; readonly tcpPort: number; readonly httpPort: number; readonly pid: number } | null;
  /** Program and arguments of the daemon to start; null for the built one. */
  readonly command: readonly string[] | null;
  /** Further flags for the daemon that is started. */
  readonly flags: readonly string[];
  /** Messages of a scenario that counts them; null for its own number. */
  readonly messages: number | null;
  /** Length of a scenario that has one, milliseconds; null for its own. */
  readonly durationMs: number | null;
  readonly connections: number;
  readonly bodyBytes: number;
  readonly warmUp: number;
  readonly repeat: number;
  /** A run that takes longer is ended, milliseconds. */
  readonly timeLimitMs: number;
  readonly json: boolean;
}

const USAGE = `Usage: node tools/bench/dist/main.js [options] all | SCENARIO...

  --address HOST:PORT   TCP address of a running nsqd; needs --pid
  --pid PID             its process id
  --http-address H:P    its HTTP address (default: the TCP port plus one)
  --command "PROGRAM"   start this daemon for each run (default: the built one)
  --flag=--NAME=VALUE   further flag for the daemon that is started (repeatable)
  --messages N          messages, where a scenario counts them
  --duration S          seconds, where a scenario has a length
  --connections N       connections of each load that sends or takes in bulk (default 1)
  --size N              bytes of a message (default 200)
  --warm-up N           messages through the daemon before each run (default 100000, 0 for none)
  --repeat N            runs of each scenario; the median is shown (default 1)
  --time-limit S        seconds after which a run is ended (default 120)
  --json                JSON on stdout instead of the table
  --help                this text

Scenarios:
`;

/** A mistake on the command line; its message is for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What can be measured, and names for several of them. */
export interface Catalogue {
  readonly scenarios: ReadonlyMap<string, { readonly help: string }>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** The text of `--help`. */
export function usage({ scenarios, groups }: Catalogue): string {
  const lines = [...scenarios].map(([name, { help }]) => [name, help]);
  for (const [name, members] of groups) lines.push([name, members.join(', ')]);
  return USAGE + lines.map(([name = '', help = '']) => `  ${name.padEnd(20)}  ${help}\n`).join('');
}

/** @returns null when help is asked for @throws {UsageError} with the usage text. */
export function parseOptions(args: readonly string[], catalogue: Catalogue): BenchOptions | null {
  const { scenarios, groups } = catalogue;
  const fail = (why: string) => new UsageError(`${why}\n\n${usage(catalogue)}`);
  const { values, positionals } = parse(args, fail);
  const count = (name: keyof typeof values, low: number): number => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < low) throw fail(`--${name} must be an integer of at least ${low}`);
    return number;
  };
  if (values.help) return null;
  const unknown = positionals.find((name) => name !== 'all' && !scenarios.has(name) && !groups.has(name));
  if (unknown !== undefined || positionals.length === 0)
    throw fail(unknown === undefined ? 'name a scenario, or all' : `no scenario ${unknown}`);

  const attach = values.address === undefined ? null : { ...splitAddress(values.address, fail), pid: count('pid', 1) };
  const http = values['http-address'] === undefined ? null : splitAddress(values['http-address'], fail);
  return {
    scenarios: [...new Set(positionals.flatMap((name) => (name === 'all' ? [...scenarios.keys()] : (groups.get(name) ?? name))))],
    attach: attach === null ? null : { host: attach.host, pid: attach.pid, tcpPort: attach.port, httpPort: http?.port ?? attach.port + 1 },
    command: values.command?.split(' ').filter((word) => word !== '') ?? null,
    flags: values.flag,
    messages: values.messages === undefined ? null : count('messages', 1),
    durationMs: values.duration === undefined ? null : count('duration', 1) * 1000,
    connections: count('connections', 1),
    bodyBytes: count('size', 8),
    warmUp: count('warm-up', 0),
    repeat: count('repeat', 1),
    timeLimitMs: count('time-limit', 1) * 1000,
    json: values.json,
  };
}

function parse(args: readonly string[], fail: (why: string) => UsageError) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        address: { type: 'string' },
        pid: { type: 'string' },
        'http-address': { type: 'string' },
        command: { type: 'string' },
        flag: { type: 'string', multiple: true, default: [] },
        messages: { type: 'string' },
        duration: { type: 'string' },
        connections: { type: 'string', default: '1' },
        size: { type: 'string', default: '200' },
        'warm-up': { type: 'string', default: '100000' },
        repeat: { type: 'string', default: '1' },
        'time-limit': { type: 'string', default: '120' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw fail(types.isNativeError(error) ? error.message : String(error));
  }
}

function splitAddress(address: string, fail: (why: string) => UsageError): { host: string; port: number } {
  const [, host = '', port] = /^(.+):(\d+)$/.exec(address) ?? [];
  if (host === '') throw fail(`${address} is not HOST:PORT`);
  return { host, port: Number(port) };
}
