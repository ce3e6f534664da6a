import { spawn, type ChildProcess } from 'node:child_process';
import { within } from '@nsq/e2e';
import { workspaceFile, type DaemonImage, type Ended } from '../src/index.js';

/** An image's command as an ordinary process, on free ports: what can be had where namespaces cannot. */
export class PlainProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #output = '';
  #changed = (): void => undefined;

  constructor(image: DaemonImage, folder?: string) {
    const [, ...args] = image.entrypoint.map((word) => word.replace('/opt/nsq/', `${workspaceFile(`apps/${image.name}/bundle`)}/`));
    const addresses = ['--tcp-address=127.0.0.1:0', '--http-address=127.0.0.1:0'];
    this.#child = spawn(process.execPath, [...args, ...addresses], {
      ...(folder !== undefined && { cwd: folder }),
      env: { ...process.env, ...image.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#changed();
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => resolve({ code, output: this.#output }));
    });
  }

  get httpPort(): number {
    return Number(/HTTP: listening on \S+:(\d+)/.exec(this.#output)?.[1]);
  }

  logged(pattern: RegExp): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#changed = () => {
        if (pattern.test(this.#output)) resolve();
      };
    });
    this.#changed();
    return within(15_000, `${String(pattern)} in the log`, seen);
  }

  /** The port is in no argument of the daemon, and process 1 is another: the command is told otherwise. */
  exec([, ...args]: readonly string[]): Promise<Ended> {
    const told = args.map((word) => word.replace(/port = 4\d+/, `port = ${this.httpPort}`));
    const child = spawn(process.execPath, told, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 15_000 });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
    });
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.#child.kill(signal);
    return within(15_000, `end after ${signal}`, this.ended);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
