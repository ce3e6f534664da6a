import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { killGroup, within } from '@nsq/e2e';
import { filled } from './build.js';
import type { Library } from './manifest.js';

/** What a client program is asked to do. */
export type Action = 'publish' | 'mpub' | 'defer' | 'persist' | 'consume' | 'requeue' | 'touch' | 'timeout' | ReaderAction;

/** What a program that reads the HTTP APIs is asked to do. */
export type ReaderAction = 'depth' | 'stats' | 'metrics';

/** Parameters of an action; an address is `host:port`. */
export interface Parameters {
  /** TCP address. */
  readonly nsqd?: string;
  /** HTTP addresses, for a program that reads the HTTP APIs. */
  readonly nsqds?: readonly string[];
  /** HTTP addresses. */
  readonly lookupds?: readonly string[];
  readonly topic: string;
  readonly channel?: string;
  /** Number of the first body to publish. Default 0. */
  readonly first?: number;
  /** Bodies to publish, or distinct bodies to wait for. */
  readonly count: number;
  /** Longest filler of a body, bytes. Default 200. */
  readonly size?: number;
  /** Bodies of one MPUB. */
  readonly batch?: number;
  /** Of DPUB and REQ. */
  readonly delayMs?: number;
  /** `persist` waits so long between publishes. */
  readonly pauseMs?: number;
  /** `touch` answers a message after this time, and touches it at each `touchMs`. */
  readonly holdMs?: number;
  readonly touchMs?: number;
  readonly msgTimeoutMs?: number;
  readonly maxInFlight?: number;
  /** Path of the authority's certificate; TLS is on when it is there. */
  readonly tlsCa?: string;
  readonly compression?: 'deflate' | 'snappy';
  readonly secret?: string;
  /** The program gives up by itself after this time. Default 30,000 milliseconds. */
  readonly deadlineMs?: number;
}

/** The line that a program prints; of a program that reads the HTTP APIs, what it has read. */
export interface Result {
  readonly published?: number;
  readonly received?: number;
  readonly deliveries?: number;
  readonly digest?: string;
  readonly maxAttempts?: number;
}

const DEFAULTS = { first: 0, size: 200, maxInFlight: 100 };
/** On top of the program's own deadline: start of a virtual machine or an interpreter on a busy machine. */
const START_MS = 30_000;
const END_MS = 10_000;
const KEPT_CHARS = 4_000;

/** A client program at work. Its connections stay open until `end`. */
export class ClientProcess {
  /** @throws {Error} with what the program said, when it fails */
  readonly result: Promise<Result>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #kill: () => void;
  readonly #closed: Promise<void>;
  #stderr = '';

  constructor(library: Library, action: Action, parameters: Parameters & { readonly deadlineMs: number }) {
    const all = { ...DEFAULTS, ...parameters };
    const [program = '', ...args] = filled(library, library.run);
    const child = spawn(program, [...args, action, JSON.stringify(all)], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    this.#kill = () => killGroup(child.pid);
    process.once('exit', this.#kill);
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr = (this.#stderr + text).slice(-KEPT_CHARS)));
    this.#closed = new Promise((resolve) => {
      child.once('error', (error) => (this.#stderr += String(error)));
      child.once('close', () => resolve());
    });
    this.result = within(all.deadlineMs + START_MS, `${library.name}, ${action}`, this.#read(`${library.name}, ${action}`));
    this.result.catch(() => undefined);
  }

  /** Lets the program end, or kills it when it does not. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    try {
      await within(END_MS, 'end of the program', this.#closed);
    } catch {
      // A library's threads may keep it alive: that it does not end by itself is not what is tested.
    } finally {
      this.#kill();
      process.removeListener('exit', this.#kill);
    }
  }

  async #read(what: string): Promise<Result> {
    const line = await Promise.race([this.#line(), this.#closed.then(() => null)]);
    let result: Result & { readonly error?: string };
    try {
      result = JSON.parse(line ?? '') as Result;
    } catch {
      throw new Error(`${what}: no result: ${line ?? ''}\n${this.#stderr}`);
    }
    if (result.error !== undefined) throw new Error(`${what}: ${result.error}\n${this.#stderr}`);
    return result;
  }

  /** The first line that is an object; libraries may say other things. What follows is read and dropped, so that the program can end. */
  #line(): Promise<string> {
    return new Promise((resolve) => {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        if (line.startsWith('{')) resolve(line);
      });
    });
  }
}
