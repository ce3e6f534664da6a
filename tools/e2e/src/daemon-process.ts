import { spawn, type ChildProcess } from 'node:child_process';
import { exitOf, within, type Exit } from './exit.js';

const KEPT_STDERR_CHARS = 256 * 1024;
const LISTENING = /(TCP|HTTP): listening on (?:\[.*\]|[^:\s]*):(\d+)\s*$/;

export interface DaemonStart {
  /** For error texts. */
  readonly name: string;
  /** Where its listeners can be reached. */
  readonly host: string;
  /** Program and arguments. It logs its TCP and its HTTP listener as the reference does. */
  readonly command: readonly string[];
  /** How long the listeners may take, milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
}

/** A running daemon. It is killed when this process ends, if nobody stopped it before. */
export interface DaemonProcess {
  readonly pid: number;
  readonly host: string;
  readonly tcpPort: number;
  readonly httpPort: number;
  /** Settles when the process has ended, however it came. */
  readonly exited: Promise<Exit>;
  /** What it has logged, at most the last 256 KiB. */
  log(): string;
  /**
   * Sends a signal (default SIGTERM) and waits for the end, at most `timeoutMs` (default 15,000).
   * @throws {Error} when it has not ended by then; it is killed first.
   */
  stop(signal?: NodeJS.Signals, timeoutMs?: number): Promise<Exit>;
}

/**
 * Starts a daemon and waits until both listeners are up.
 * @throws {Error} with what it logged, when it ends instead or takes too long.
 */
export async function startDaemon({ name, host, command, startTimeoutMs = 10_000 }: DaemonStart): Promise<DaemonProcess> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = exitOf(child).finally(() => process.removeListener('exit', kill));
  const log = new StderrLog(child);

  try {
    const ports = await within(startTimeoutMs, `start of ${name}`, Promise.race([log.ports, failed(name, exited)]));
    return new RunningDaemon(name, host, child, exited, log, ports);
  } catch (error) {
    kill();
    throw new Error(`${String(error)}\n${log.text}`, { cause: error });
  }
}

async function failed(name: string, exited: Promise<Exit>): Promise<never> {
  const { code, signal } = await exited;
  throw new Error(`${name} ended before it listened: ${signal ?? `exit code ${String(code)}`}`);
}

interface Ports {
  readonly tcpPort: number;
  readonly httpPort: number;
}

/** Keeps the end of what the daemon logs, and finds its ports in it. */
class StderrLog {
  readonly ports: Promise<Ports>;
  readonly #chunks: string[] = [];
  #length = 0;

  constructor(child: ChildProcess) {
    this.ports = new Promise((resolve) => {
      const found = new Map<string, number>();
      let line = '';
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#keep(chunk);
        if (found.size === 2) return;
        const lines = (line + chunk).split('\n');
        line = lines.pop() ?? '';
        for (const [, name = '', port] of lines.map((text) => LISTENING.exec(text) ?? [])) {
          if (name !== '') found.set(name, Number(port));
        }
        const tcpPort = found.get('TCP');
        const httpPort = found.get('HTTP');
        if (tcpPort !== undefined && httpPort !== undefined) resolve({ tcpPort, httpPort });
      });
    });
  }

  /** At most the last 256 KiB. */
  get text(): string {
    return this.#chunks.join('').slice(-KEPT_STDERR_CHARS);
  }

  #keep(chunk: string): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (let first = this.#chunks[0]; first !== undefined && this.#length - first.length >= KEPT_STDERR_CHARS; first = this.#chunks[0]) {
      this.#chunks.shift();
      this.#length -= first.length;
    }
  }
}

class RunningDaemon implements DaemonProcess {
  readonly pid: number;
  readonly host: string;
  readonly tcpPort: number;
  readonly httpPort: number;
  readonly exited: Promise<Exit>;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #log: StderrLog;

  constructor(name: string, host: string, child: ChildProcess, exited: Promise<Exit>, log: StderrLog, { tcpPort, httpPort }: Ports) {
    this.#name = name;
    this.host = host;
    this.#child = child;
    this.#log = log;
    this.pid = child.pid ?? 0;
    this.exited = exited;
    this.tcpPort = tcpPort;
    this.httpPort = httpPort;
  }

  log(): string {
    return this.#log.text;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 15_000): Promise<Exit> {
    this.#child.kill(signal);
    try {
      return await within(timeoutMs, `end of ${this.#name} after ${signal}`, this.exited);
    } catch (error) {
      this.#child.kill('SIGKILL');
      throw new Error(`${String(error)}\n${this.log()}`, { cause: error });
    }
  }
}
