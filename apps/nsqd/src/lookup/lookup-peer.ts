import { connect, type LookupFunction, type Socket } from 'node:net';
import { LookupReplyReader } from '@nsq/protocol';
import { parseListenAddress, systemErrorText } from '@nsq/service';
import { PeerMachine, type PeerLink, type PeerMachineSetup } from './peer-machine.js';
import type { Registrations } from './registrations.js';

export interface LookupPeerOptions {
  /** A longer answer ends the connection. */
  readonly maxReplyBytes: number;
  /** Resolves names. */
  readonly lookup: LookupFunction;
}

/** One nsqlookupd on a socket; what is said to it and when is decided by PeerMachine. */
export class LookupPeer implements PeerLink {
  readonly machine: PeerMachine;
  /** Settles when the first attempt to connect is over, well or not, or nobody wants to know any more. */
  readonly firstAttempt: Promise<void>;
  readonly registrations: Registrations;
  readonly #address: string;
  readonly #options: LookupPeerOptions;
  #settle = (): void => undefined;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | undefined;
  #grace: NodeJS.Immediate | undefined;

  constructor(setup: PeerMachineSetup, options: LookupPeerOptions) {
    this.registrations = setup.registrations;
    this.#address = setup.address;
    this.#options = options;
    this.firstAttempt = new Promise((resolve) => (this.#settle = resolve));
    this.machine = new PeerMachine(setup, this);
  }

  /** Ends it for good. */
  stop(): void {
    this.machine.stop();
    this.#settle();
  }

  // ---- what the machine asks for

  open(): void {
    const { machine } = this;
    let target: { host: string; port: number };
    try {
      target = targetOf(this.#address);
    } catch (error) {
      machine.lost(`dial tcp: ${systemErrorText(error)}`);
      return;
    }
    const { lookup, maxReplyBytes } = this.#options;
    const socket = connect({ ...target, lookup, noDelay: true, keepAlive: true });
    this.#socket = socket;
    const reader = new LookupReplyReader((data) => {
      // One chunk may hold more answers than are wanted.
      if (this.#socket === socket) machine.reply(data);
    }, maxReplyBytes);
    const ended = (reason: string): void => {
      if (this.#socket === socket) machine.lost(reason);
    };
    socket.once('connect', () => {
      if (this.#socket === socket) machine.opened();
    });
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk);
      } catch (error) {
        ended(systemErrorText(error));
      }
    });
    socket.once('end', () => ended('EOF'));
    socket.on('error', (error) => ended(`dial tcp ${this.#address}: ${reasonOf(error)}`));
    socket.once('close', () => ended('closed'));
  }

  send(bytes: Buffer): void {
    this.#socket?.write(bytes);
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  wake(ms: number): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#grace);
    if (ms === Infinity) return;
    this.#timer = setTimeout(() => {
      // After a busy turn the timer comes before input that has long been there: that is read first.
      this.#grace = setImmediate(() => this.machine.timeUp());
    }, Math.ceil(ms));
  }

  tried(): void {
    this.#settle();
  }
}

/** @throws {Error} when the address is not `host:port` */
function targetOf(address: string): { host: string; port: number } {
  if (address === '') throw new Error('missing address');
  const parsed = parseListenAddress(address);
  if (parsed.kind === 'unix') throw new Error(`address ${address}: missing port in address`);
  return { host: parsed.host === '' ? 'localhost' : parsed.host, port: parsed.port };
}

/** A name with several addresses fails with the error of each. */
function reasonOf(error: Error): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return systemErrorText(first ?? error);
}
