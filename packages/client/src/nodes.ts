import { parseAddress, type Address } from './address.js';
import type { ConnectionSetup } from './connection/connection-options.js';
import { Link, type LinkOwner } from './connection/link.js';
import { Discovery, type DiscoveryOptions } from './discovery/discovery.js';
import type { NsqError } from './errors.js';
import { ReconnectDelays, type ReconnectOptions } from './reconnect.js';

/** Which nsqds to connect to: some that are named, some that nsqlookupds know of, or both. */
export interface NodeOptions {
  /** `host:port` (4150 without a port) or the path of a unix socket. */
  readonly nsqds?: string | readonly string[];
  /** nsqlookupds, as `host:port` (4161 without a port) or a URL. */
  readonly lookupds?: string | readonly string[];
  readonly discovery?: DiscoveryOptions;
  readonly reconnect?: ReconnectOptions;
}

export interface NodesOwner extends LinkOwner {
  /** A nsqlookupd could not be asked. */
  discoveryFailed(address: string, error: NsqError): void;
}

/** The links to all nsqds of a producer or consumer: which there should be is named, or found by asking nsqlookupds again and again. */
export class Nodes {
  readonly #links = new Map<string, Link>();
  readonly #named: ReadonlyMap<string, Address>;
  readonly #setup: ConnectionSetup;
  readonly #delays: ReconnectDelays;
  readonly #owner: NodesOwner;
  readonly #discovery: Discovery | null;
  #stopped = false;

  /**
   * @param topic whose producers are looked for; null for every nsqd
   * @throws {TypeError} for no address, or one that cannot be read @throws {RangeError} for an option out of bounds
   */
  constructor(options: NodeOptions, setup: ConnectionSetup, topic: string | null, owner: NodesOwner) {
    const named = [options.nsqds ?? []].flat().map((text) => parseAddress(text));
    const lookupds = [options.lookupds ?? []].flat();
    if (named.length + lookupds.length === 0) throw new TypeError('nsqds or lookupds must name at least one address');
    this.#named = new Map(named.map((address) => [address.text, address]));
    this.#setup = setup;
    this.#delays = new ReconnectDelays(options.reconnect);
    this.#owner = owner;
    this.#discovery =
      lookupds.length === 0
        ? null
        : new Discovery(lookupds, topic, options.discovery, {
            found: (addresses) => this.#want(addresses),
            failed: (address, error) => owner.discoveryFailed(address, error),
          });
  }

  /** Whether all of them have been named, so that none can be found later. */
  get fixed(): boolean {
    return this.#discovery === null;
  }

  get size(): number {
    return this.#links.size;
  }

  start(): void {
    this.#want([]);
    this.#discovery?.start();
  }

  /** Asks the nsqlookupds now: something has been lost. */
  lookAgain(): void {
    this.#discovery?.pollSoon();
  }

  /** Finds and connects no more; connections stay. */
  freeze(): void {
    this.#stopped = true;
    this.#discovery?.stop();
    for (const link of this.#links.values()) link.release();
  }

  /** Ends everything; what was written is sent. */
  async stop(): Promise<void> {
    this.freeze();
    await Promise.all([...this.#links.values()].map((link) => link.stop()));
  }

  #want(found: readonly Address[]): void {
    if (this.#stopped) return;
    const wanted = new Map([...this.#named, ...found.map((address) => [address.text, address] as const)]);
    for (const [text, link] of this.#links) {
      if (wanted.has(text)) link.wanted = true;
      // One that is gone from nsqlookupd may still have messages: its connection stays until it is lost.
      else if (link.release()) this.#links.delete(text);
    }
    for (const [text, address] of wanted) {
      if (this.#links.has(text)) continue;
      const link = new Link(address, this.#setup, this.#delays, this.#owner);
      this.#links.set(text, link);
      void link.run().then(() => {
        if (this.#links.get(text) === link) this.#links.delete(text);
      });
    }
  }
}
