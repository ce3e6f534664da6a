import type { Address } from '../address.js';
import { NsqError, asError } from '../errors.js';
import type { ReconnectDelays } from '../reconnect.js';
import { pause } from '../wait.js';
import type { ConnectionSetup } from './connection-options.js';
import type { Connection } from './connection.js';
import { openConnection } from './open-connection.js';

/** What a link tells its owner. */
export interface LinkOwner {
  /**
   * A connection stands and waits for its user (`connection.start`). The link counts as up when the promise resolves; when it rejects,
   * the connection is ended and tried again later.
   */
  connect(connection: Connection): Promise<void>;
  /** The connection has ended: null when it was closed on purpose. */
  disconnected(connection: Connection, error: NsqError | null): void;
  /** A try to connect has failed. */
  connectFailed(address: Address, error: NsqError): void;
}

/** A connection that lived as long has worked. */
const WORKED_MS = 1_000;

/** Keeps one connection to one address: connects, and connects again with growing delays when it fails or is lost. */
export class Link {
  readonly address: Address;
  /** Whether it goes on after the next loss. */
  wanted = true;
  readonly #setup: ConnectionSetup;
  readonly #delays: ReconnectDelays;
  readonly #owner: LinkOwner;
  readonly #stop = new AbortController();
  #connection: Connection | null = null;
  #running: Promise<void> | null = null;

  constructor(address: Address, setup: ConnectionSetup, delays: ReconnectDelays, owner: LinkOwner) {
    this.address = address;
    this.#setup = setup;
    this.#delays = delays;
    this.#owner = owner;
  }

  /** Resolves when the link has stopped for good. */
  run(): Promise<void> {
    this.#running ??= this.#run(this.#stop.signal);
    return this.#running;
  }

  /** Connects no more. A connection that stands goes on until it is ended; without one the link is at its end, and true is returned. */
  release(): boolean {
    this.wanted = false;
    if (this.#connection !== null) return false;
    this.#stop.abort();
    return true;
  }

  /** Ends the connection, with everything sent that was written, and connects no more. */
  async stop(): Promise<void> {
    this.wanted = false;
    this.#stop.abort();
    await this.#connection?.end();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; this.#goesOn(); failures++) {
      if (await this.#once(signal)) failures = 0;
      if (this.#goesOn()) await pause(this.#delays.next(failures), signal);
    }
  }

  #goesOn(): boolean {
    return this.wanted && !this.#stop.signal.aborted;
  }

  /** One connection from beginning to end; whether it has worked. */
  async #once(signal: AbortSignal): Promise<boolean> {
    let connection: Connection;
    try {
      connection = await openConnection(this.address, this.#setup, signal);
    } catch (error) {
      if (!signal.aborted) this.#owner.connectFailed(this.address, asNsqError(error));
      return false;
    }
    this.#connection = connection;
    const since = performance.now();
    try {
      await this.#owner.connect(connection);
    } catch (error) {
      this.#connection = null;
      connection.destroy(asNsqError(error));
      if (!signal.aborted) this.#owner.connectFailed(this.address, asNsqError(error));
      return false;
    }
    if (signal.aborted) await connection.end();
    const error = await connection.closed;
    this.#connection = null;
    this.#owner.disconnected(connection, error);
    return performance.now() - since > WORKED_MS;
  }
}

function asNsqError(error: unknown): NsqError {
  return error instanceof NsqError ? error : new NsqError('ERR_NSQ_CONNECT', asError(error).message, { cause: error });
}
