import { connect, type Socket } from 'node:net';
import { PATIENCE_MS } from '../client.js';
import type { Session, Step } from './fixture.js';

const SIZE_BYTES = 4;

/** Plays one recorded connection. Every byte that the daemon adds, omits or changes is an error that says where. */
export class Player {
  readonly #session: Session;
  readonly #chunkBytes: number;
  readonly #socket: Socket;
  #unread = Buffer.alloc(0);
  #ended = false;
  #wake = (): void => undefined;

  /** @param chunkBytes how much is sent at a time */
  constructor(session: Session, port: number, chunkBytes: number) {
    this.#session = session;
    this.#chunkBytes = chunkBytes;
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    this.#socket.on('data', (chunk) => {
      this.#unread = Buffer.concat([this.#unread, chunk]);
      this.#wake();
    });
    const ended = (): void => {
      this.#ended = true;
      this.#wake();
    };
    this.#socket.on('end', ended).on('error', ended).on('close', ended);
  }

  async play(): Promise<void> {
    try {
      for (const [index, step] of this.#session.steps.entries()) {
        const problem = await this.#step(step);
        if (problem !== undefined)
          throw new Error(`${this.#session.name}, step ${index}: ${problem}, unread ${this.#unread.toString('latin1')}`);
      }
    } finally {
      this.#socket.destroy();
    }
  }

  async #step(step: Step): Promise<string | undefined> {
    if ('send' in step) return this.#send(Buffer.from(step.send, 'base64'));
    if ('recv' in step) return this.#receive(Buffer.from(step.recv, 'base64'), step.volatile_json);
    if ('nothing_received_for_ms' in step) {
      const silent = !(await this.#until(() => this.#ended || this.#unread.length > 0, step.nothing_received_for_ms));
      return silent ? undefined : 'not silent';
    }
    if ('close_by_client' in step) this.#socket.end();
    const ended = await this.#until(() => this.#ended, PATIENCE_MS);
    return ended && this.#unread.length === 0 ? undefined : 'no end, or more than recorded';
  }

  async #send(bytes: Buffer): Promise<string | undefined> {
    if (this.#unread.length > 0) return 'more than recorded';
    for (let at = 0; at < bytes.length; at += this.#chunkBytes) {
      await new Promise<void>((resolve) => this.#socket.write(bytes.subarray(at, at + this.#chunkBytes), () => setImmediate(resolve)));
    }
    return undefined;
  }

  async #receive(expected: Buffer, volatile: readonly string[] | undefined): Promise<string | undefined> {
    const size = (): number => (this.#unread.length < SIZE_BYTES ? Infinity : SIZE_BYTES + this.#unread.readUInt32BE(0));
    await this.#until(() => this.#ended || this.#unread.length >= size(), PATIENCE_MS);
    if (this.#unread.length < size()) return 'no reply';
    const actual = this.#unread.subarray(0, size());
    this.#unread = this.#unread.subarray(actual.length);
    const same = volatile === undefined ? actual.equals(expected) : masked(actual, volatile) === masked(expected, volatile);
    return same ? undefined : `expected ${expected.toString('latin1')}, got ${actual.toString('latin1')}`;
  }

  async #until(condition: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    for (let left = ms; !condition() && left > 0; left = deadline - performance.now()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.ceil(left));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return condition();
  }
}

/** The members of a JSON reply in their order and form, the values of some left out. */
function masked(reply: Buffer, volatile: readonly string[]): string {
  const text = reply.toString('utf8', SIZE_BYTES);
  const members = Object.entries(JSON.parse(text) as Record<string, unknown>);
  if (JSON.stringify(Object.fromEntries(members)) !== text) return `not compact: ${text}`;
  return JSON.stringify(members.map(([key, value]) => [key, volatile.includes(key) ? typeof value : value]));
}
