import { LOOKUP_PING, MAGIC_LOOKUP_V1 } from '@nsq/protocol';
import type { Logger } from '@nsq/service';
import { backoffMs } from './backoff.js';
import { parseLookupdInfo, type LookupdInfo } from './lookupd-info.js';
import type { Registration, Registrations } from './registrations.js';

/** Connecting, and each answer, may take so many milliseconds. */
const STEP_MS = 1_000;
const PING_MS = 15_000;
/** A connection that was ready for so long has worked: the next attempt is a first one. Milliseconds. */
const STABLE_MS = 5_000;
/** Commands without an answer; a registration costs no round trip of its own, and memory has a bound. */
const MAX_UNANSWERED = 256;
/** Registrations are sent in groups: when so few commands are unanswered. */
const REFILL = MAX_UNANSWERED / 2;
/** A failure that stays the same is logged again after so long. Milliseconds. */
const REMIND_MS = 60_000;
/** Timers may fire a little early. Milliseconds. */
const EARLY_MS = 1;
/** Characters of an answer in the log. */
const SHOWN_CHARS = 256;

/** Where the conversation with one nsqlookupd stands. */
export const PeerState = {
  /** Not begun, or ended for good. */
  Off: 'off',
  Connecting: 'connecting',
  /** IDENTIFY is sent. */
  Identifying: 'identifying',
  Ready: 'ready',
  /** Waits for the next attempt. */
  Backoff: 'backoff',
} as const;
export type PeerState = (typeof PeerState)[keyof typeof PeerState];

/** What the machine does to the world. */
export interface PeerLink {
  /** Opens a connection. `opened` or `lost` is called for it. */
  open(): void;
  send(bytes: Buffer): void;
  /** Gives the connection up: nothing is heard of it any more. */
  close(): void;
  /** Has `timeUp` called after so many milliseconds, and not when it was asked for before; never for Infinity. */
  wake(ms: number): void;
  /** The first attempt is over, well or not. */
  tried(): void;
}

export interface PeerMachineSetup {
  /** As configured. */
  readonly address: string;
  readonly registrations: Registrations;
  readonly logger: Logger;
  /** The IDENTIFY command of now. */
  readonly identify: () => Buffer;
  /** Milliseconds that only go forward, from any origin. */
  readonly now: () => number;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
}

/** A command that awaits its answer. */
type Sent = Registration | { readonly text: 'PING' };
const PING: Sent = { text: 'PING' };

/**
 * The conversation with one nsqlookupd, without sockets and timers:
 *
 *   off -> connecting -> identifying -> ready
 *              ^  \___________|__________/     whatever fails, takes too long or is refused
 *              |_____ backoff
 *
 * On each connection everything is registered anew; then what changes is, and a PING goes out every 15 seconds.
 */
export class PeerMachine {
  readonly #setup: PeerMachineSetup;
  readonly #link: PeerLink;
  #state: PeerState = PeerState.Off;
  #info: LookupdInfo | null = null;
  #unanswered: Sent[] = [];
  #deadline = Infinity; // of what is awaited: connection, answer, or the end of the backoff
  #pingAt = Infinity;
  #readyAt = Infinity;
  #failures = 0; // in a row
  #told = ''; // what the log said last of a failure
  #toldAt = -Infinity;

  constructor(setup: PeerMachineSetup, link: PeerLink) {
    this.#setup = setup;
    this.#link = link;
  }

  get state(): PeerState {
    return this.#state;
  }

  /** What it said of itself last, on an earlier connection perhaps; null when it has said nothing yet. */
  get info(): LookupdInfo | null {
    return this.#info;
  }

  start(): void {
    this.#connect();
    this.#arm();
  }

  /** Ends it for good. Nobody is unregistered by hand: the end of the connection does that. */
  stop(): void {
    this.#state = PeerState.Off;
    this.#deadline = this.#pingAt = Infinity;
    this.#unanswered = [];
    this.#link.close();
    this.#arm();
  }

  // ---- what happens to it

  /** The connection stands. */
  opened(): void {
    if (this.#state !== PeerState.Connecting) return;
    this.#state = PeerState.Identifying;
    this.#deadline = this.#setup.now() + STEP_MS;
    this.#link.send(Buffer.concat([MAGIC_LOOKUP_V1, this.#setup.identify()]));
    this.#arm();
  }

  /** The connection failed, or has ended. */
  lost(reason: string): void {
    const [command] = this.#unanswered;
    switch (this.#state) {
      case PeerState.Connecting:
        return this.#fail(`connect - ${reason}`);
      case PeerState.Identifying:
        return this.#fail(`IDENTIFY - ${reason}`);
      case PeerState.Ready:
        return this.#fail(`${command?.text ?? 'connection'} - ${reason}`);
      default:
        return;
    }
  }

  /** One whole answer has come. */
  reply(data: Buffer): void {
    if (this.#state === PeerState.Identifying) this.#identified(data);
    else if (this.#state === PeerState.Ready) this.#answered(data);
    this.#arm();
  }

  /** Something is to be registered or unregistered. */
  pump(): void {
    this.#pump();
    this.#arm();
  }

  /** The time asked for by `wake` has passed. */
  timeUp(): void {
    const now = this.#setup.now() + EARLY_MS;
    if (now >= this.#deadline) {
      if (this.#state === PeerState.Backoff) this.#connect();
      else this.lost('i/o timeout');
    } else if (now >= this.#pingAt) {
      this.#ping();
    }
    this.#arm();
  }

  // ---- what it does

  #connect(): void {
    const { address, logger, now } = this.#setup;
    logger.log(this.#failures <= 1 ? 'info' : 'debug', `LOOKUP connecting to ${address}`);
    this.#state = PeerState.Connecting;
    this.#deadline = now() + STEP_MS;
    this.#link.open();
  }

  #identified(data: Buffer): void {
    const { address, logger, now, registrations } = this.#setup;
    const info = parseLookupdInfo(data);
    if (info === undefined) {
      if (data.toString() !== 'E_INVALID') return this.#fail(`parsing response - ${shown(data)}`);
      logger.info(`LOOKUPD(${address}): lookupd returned E_INVALID`);
      return this.#fail(null);
    }
    const { tcpPort, httpPort, version, broadcastAddress } = info;
    const described = `{TCPPort:${tcpPort} HTTPPort:${httpPort} Version:${version} BroadcastAddress:${broadcastAddress}}`;
    logger.info(`LOOKUPD(${address}): peer info ${described}`);
    if (broadcastAddress === '') logger.error(`LOOKUPD(${address}): no broadcast address`);
    this.#info = info;
    this.#state = PeerState.Ready;
    this.#readyAt = now();
    this.#pingAt = this.#readyAt + PING_MS;
    this.#deadline = Infinity;
    this.#told = '';
    registrations.restart();
    this.#link.tried();
    this.#pump();
  }

  #answered(data: Buffer): void {
    const sent = this.#unanswered.shift();
    if (sent === undefined) return this.#fail('unexpected response');
    // Whatever is not an error counts as a success.
    if (data.subarray(0, 2).equals(ERROR)) {
      if ('bytes' in sent && BAD_NAME.test(data.toString('latin1', 0, SHOWN_CHARS))) this.#setup.registrations.refuse(sent);
      return this.#fail(`${sent.text} - ${shown(data)}`);
    }
    this.#deadline = this.#unanswered.length > 0 ? this.#setup.now() + STEP_MS : Infinity;
    this.#pump();
  }

  #pump(): void {
    if (this.#state !== PeerState.Ready || this.#unanswered.length > REFILL) return;
    const { address, logger, registrations } = this.#setup;
    const parts: Buffer[] = [];
    while (this.#unanswered.length < MAX_UNANSWERED) {
      const due = registrations.next();
      if (due === null) break;
      const kind = due.channel === '' ? 'topic ' : 'channel ';
      logger.info(`LOOKUPD(${address}): ${due.initial ? '' : kind}${due.text}`);
      parts.push(due.bytes);
      this.#unanswered.push(due);
    }
    if (parts.length > 0) this.#send(Buffer.concat(parts));
  }

  #ping(): void {
    const { address, logger, now } = this.#setup;
    logger.debug(`LOOKUPD(${address}): sending heartbeat`);
    this.#pingAt = now() + PING_MS;
    this.#unanswered.push(PING);
    this.#send(LOOKUP_PING);
  }

  #send(bytes: Buffer): void {
    if (this.#deadline === Infinity) this.#deadline = this.#setup.now() + STEP_MS;
    this.#link.send(bytes);
  }

  /** @param what null when the log knows */
  #fail(what: string | null): void {
    const { now, random } = this.#setup;
    if (what !== null) this.#tell(what);
    this.#link.close();
    this.#failures = now() - this.#readyAt >= STABLE_MS ? 1 : this.#failures + 1;
    this.#state = PeerState.Backoff;
    this.#unanswered = [];
    this.#readyAt = this.#pingAt = Infinity;
    this.#deadline = now() + backoffMs(this.#failures, random());
    this.#link.tried();
    this.#arm();
  }

  /** The same failure again is no news. */
  #tell(failure: string): void {
    const { address, logger, now } = this.#setup;
    const known = failure === this.#told && now() - this.#toldAt < REMIND_MS;
    logger.log(known ? 'debug' : 'error', `LOOKUPD(${address}): ${failure}`);
    if (known) return;
    this.#told = failure;
    this.#toldAt = now();
  }

  #arm(): void {
    const next = Math.min(this.#deadline, this.#pingAt);
    this.#link.wake(next === Infinity ? Infinity : Math.max(0, next - this.#setup.now()));
  }
}

/** How each error begins. */
const ERROR = Buffer.from('E_');
const BAD_NAME = /^E_BAD_(TOPIC|CHANNEL)\b/;

function shown(data: Buffer): string {
  const text = data.toString('utf8', 0, SHOWN_CHARS);
  return data.length > SHOWN_CHARS ? `${text}…` : text;
}
