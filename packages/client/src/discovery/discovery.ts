import { setMaxListeners } from 'node:events';
import { parseAddress, type Address } from '../address.js';
import { NsqError, asError } from '../errors.js';
import { NsqlookupdHttpClient } from '../http/nsqlookupd-http-client.js';
import type { HttpOptions } from '../http/http-request.js';
import { checkMs, checkNumber } from '../options.js';
import { pause } from '../wait.js';
import { findProducers } from './lookup.js';

/** How nsqlookupds are asked. */
export interface DiscoveryOptions extends HttpOptions {
  /** Milliseconds between two polls. @default 60_000 */
  readonly interval?: number;
  /** Share of the interval, from 0 to 1, that is added to each at random, so that not all clients ask at once. @default 0.3 */
  readonly jitter?: number;
}

export interface DiscoveryOwner {
  /** After each poll that reached a nsqlookupd: all nsqds there are. */
  found(addresses: readonly Address[]): void;
  failed(lookupd: string, error: NsqError): void;
}

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_JITTER = 0.3;
/** The least time between two polls, whoever asks for them. */
const MIN_GAP_MS = 500;

/** Polls nsqlookupds: at the start, at the interval, and soon when asked to. */
export class Discovery {
  readonly #lookupds: readonly NsqlookupdHttpClient[];
  readonly #topic: string | null;
  readonly #interval: number;
  readonly #jitter: number;
  readonly #owner: DiscoveryOwner;
  readonly #stop = new AbortController();
  #last: readonly Address[] = [];
  #wake = new AbortController();

  /** @param topic whose producers are looked for; null for every nsqd @throws {TypeError} @throws {RangeError} */
  constructor(lookupds: readonly string[], topic: string | null, options: DiscoveryOptions = {}, owner: DiscoveryOwner) {
    this.#lookupds = lookupds.map((address) => new NsqlookupdHttpClient(address, options));
    this.#topic = topic;
    this.#interval = checkMs('discovery.interval', options.interval ?? DEFAULT_INTERVAL_MS, 10);
    this.#jitter = checkNumber('discovery.jitter', options.jitter ?? DEFAULT_JITTER, 0, 1);
    this.#owner = owner;
    // Each nsqlookupd that is asked listens to it.
    setMaxListeners(0, this.#stop.signal);
  }

  start(): void {
    void this.#run(this.#stop.signal);
  }

  /** Polls now, or half a second after the poll before. */
  pollSoon(): void {
    this.#wake.abort();
  }

  stop(): void {
    this.#stop.abort();
    this.#wake.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = new AbortController();
      await this.#poll(signal);
      await pause(Math.min(MIN_GAP_MS, this.#interval), signal);
      await pause(Math.max(0, this.#interval * (1 + Math.random() * this.#jitter) - MIN_GAP_MS), this.#wake.signal);
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    try {
      const { producers, errors } = await findProducers(this.#lookupds, this.#topic, { signal });
      for (const [lookupd, error] of errors) this.#owner.failed(lookupd, error);
      if (errors.size === this.#lookupds.length) return;
      const found = [...producers.keys()].flatMap((text) => this.#parse(text));
      // What only a nsqlookupd that failed may know of is not forgotten.
      const known = new Set(found.map(({ text }) => text));
      this.#last = errors.size === 0 ? found : [...found, ...this.#last.filter(({ text }) => !known.has(text))];
      this.#owner.found(this.#last);
    } catch (error) {
      if (signal.aborted) return;
      this.#owner.failed('', error instanceof NsqError ? error : new NsqError('ERR_NSQ_HTTP', asError(error).message, { cause: error }));
    }
  }

  #parse(text: string): Address[] {
    try {
      return [parseAddress(text)];
    } catch (error) {
      this.#owner.failed(text, new NsqError('ERR_NSQ_HTTP', asError(error).message, { cause: error }));
      return [];
    }
  }
}
