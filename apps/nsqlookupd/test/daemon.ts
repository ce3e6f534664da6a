import { Logger } from '@nsq/service';
import { Nsqlookupd, type NsqlookupdOptions } from '../src/index.js';
import { Client, PATIENCE_MS } from './client.js';

const POLL_MS = 5;

/** A daemon in this process and the clients that a test makes for it. */
export class Daemon {
  readonly nsqlookupd: Nsqlookupd;
  /** What it has logged, without times. */
  readonly logged: readonly string[];
  readonly #clients: Client[] = [];

  constructor(nsqlookupd: Nsqlookupd, logged: readonly string[]) {
    this.nsqlookupd = nsqlookupd;
    this.logged = logged;
  }

  /** A socket that has said nothing yet. */
  connect(): Client {
    const client = new Client(this.nsqlookupd.tcpPort);
    this.#clients.push(client);
    return client;
  }

  /** The reply to a request, in short: `200 {"topics":[]}`. */
  async http(method: 'GET' | 'POST', path: string): Promise<string> {
    const url = `http://127.0.0.1:${this.nsqlookupd.httpPort}${path}`;
    const response = await fetch(url, { method, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    return `${response.status} ${await response.text()}`.trimEnd();
  }

  async destroyClients(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.destroy()));
  }
}

/** Waits for something that no reply announces. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Runs a test against a daemon, which must not have had an internal error and must stop in the end. */
export async function withDaemon(options: Partial<NsqlookupdOptions>, test: (daemon: Daemon) => Promise<void>): Promise<void> {
  const logged: string[] = [];
  const logger = new Logger({ level: options.logLevel ?? 'info', write: (line) => logged.push(line.replace(/^\S+ \S+ /, '').trimEnd()) });
  const nsqlookupd = await Nsqlookupd.start({ tcpAddress: '127.0.0.1:0', httpAddress: '127.0.0.1:0', ...options }, { logger });
  const daemon = new Daemon(nsqlookupd, logged);
  try {
    await test(daemon);
    expect(logged.filter((line) => line.includes('internal error') || line.includes('panic'))).toEqual([]);
  } finally {
    await nsqlookupd.stop();
    await daemon.destroyClients();
  }
}
