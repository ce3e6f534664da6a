import { CLS, MESSAGE_HEADER_BYTES, encodeRdy, encodeSub } from '@nsq/protocol';
import type { Connection, ConnectionUser } from '../connection/connection.js';
import { NsqConnectionError, type NsqError, type NsqServerError } from '../errors.js';
import { checkInteger } from '../options.js';
import { Deferred } from '../wait.js';
import { ReceivedMessage, MessageState, type MessageSource } from './message.js';
import type { RdyLane } from './rdy-distributor.js';

/** An answer that did nothing, and why: nsqd's `E_FIN_FAILED` and the like, or a connection that is gone. */
export interface LateAnswer {
  readonly command: 'FIN' | 'REQ' | 'TOUCH';
  readonly messageId: string;
  readonly error: NsqError;
}

export interface SubscriptionOwner {
  received(message: ReceivedMessage): void;
  /** One is unanswered no more. */
  answered(outcome: 'finished' | 'requeued' | 'backoff' | 'expired'): void;
  requeueDelay(message: ReceivedMessage): number;
  late(answer: LateAnswer): void;
}

const REQ = Buffer.from('REQ ');
const TOUCH = Buffer.from('TOUCH ');
const LONGEST_COMMAND = 64;
/** Share of the message timeout. */
const TOUCH_AFTER = 0.5;
const MAX_DELAY_MS = Number.MAX_SAFE_INTEGER;
const LATE = /^E_(?:FIN|REQ|TOUCH)_FAILED (FIN|REQ|TOUCH) (.{16}) /s;

/** A connection that is subscribed: its RDY, and its messages until they are answered. */
export class Subscription implements ConnectionUser, RdyLane, MessageSource {
  readonly connection: Connection;
  rdy = 0;
  inFlight = 0;
  readonly #owner: SubscriptionOwner;
  readonly #subscribed = new Deferred();
  readonly #closeWait = new Deferred();
  #oldest: ReceivedMessage | null = null;
  #newest: ReceivedMessage | null = null;

  constructor(connection: Connection, owner: SubscriptionOwner) {
    this.connection = connection;
    this.#owner = owner;
    this.#subscribed.promise.catch(() => undefined);
  }

  get address(): string {
    return this.connection.address.text;
  }

  get maxRdy(): number {
    return this.connection.identify.max_rdy_count;
  }

  /** @throws {NsqError} what nsqd answers instead of OK */
  subscribe(topic: string, channel: string): Promise<void> {
    this.connection.start(this);
    this.connection.outbox.append(encodeSub(topic, channel));
    void this.connection.closed.then((error) => {
      this.#subscribed.reject(error ?? this.#gone());
      this.#closeWait.resolve();
    });
    return this.#subscribed.promise;
  }

  setRdy(count: number): void {
    if (count === this.rdy || this.connection.ended) return;
    this.rdy = count;
    this.connection.outbox.append(encodeRdy(count));
  }

  /** Has nsqd send no more. Resolves when nothing can come any more. */
  closeChannel(): Promise<void> {
    if (!this.connection.ended) {
      this.setRdy(0);
      this.connection.outbox.append(CLS);
    }
    return this.#closeWait.promise;
  }

  /** The connection is gone, and what it brought can no longer be answered. */
  drop(): void {
    for (let message = this.#oldest; message !== null; message = this.#oldest) this.#expire(message);
  }

  /**
   * Looks at the messages that have waited longest for an answer: gives up those whose time is up, or touches them half-way.
   * @param now milliseconds of `performance.now()`
   */
  sweep(now: number, touching: boolean): void {
    const { msg_timeout: timeout, max_msg_timeout: maxTimeout } = this.connection.identify;
    const after = touching ? timeout * TOUCH_AFTER : timeout;
    for (let message = this.#oldest; message !== null && now - message.since >= after;) {
      const next: ReceivedMessage | null = message.after;
      if (touching && now - message.receivedAt < maxTimeout) this.touch(message);
      else if (now - message.since >= timeout) this.#expire(message);
      message = next;
    }
  }

  finish(message: ReceivedMessage): boolean {
    if (!this.#close(message, 'FIN', 'finished')) return false;
    const { outbox } = this.connection;
    outbox.reserve(LONGEST_COMMAND);
    const { bytes } = outbox;
    let at = outbox.used;
    bytes[at++] = 0x46;
    bytes[at++] = 0x49;
    bytes[at++] = 0x4e;
    bytes[at++] = 0x20;
    at = message.writeId(bytes, at);
    bytes[at++] = 0x0a;
    outbox.used = at;
    return true;
  }

  requeue(message: ReceivedMessage, delay: number | undefined, backoff: boolean): boolean {
    const ms = checkInteger('delay', delay ?? this.#owner.requeueDelay(message), 0, MAX_DELAY_MS, 'ms');
    if (!this.#close(message, 'REQ', backoff ? 'backoff' : 'requeued')) return false;
    this.#write(REQ, message, ` ${ms}\n`);
    return true;
  }

  touch(message: ReceivedMessage): boolean {
    if (message.state === MessageState.Answered) return false;
    if (!this.#reachable(message, 'TOUCH')) return false;
    this.#write(TOUCH, message, '\n');
    if (message.state === MessageState.Expired) return true;
    this.#unlink(message);
    message.since = performance.now();
    this.#link(message);
    return true;
  }

  onMessage(data: Buffer): void {
    if (data.length < MESSAGE_HEADER_BYTES) {
      this.connection.destroy(new NsqConnectionError('ERR_NSQ_PROTOCOL', `a message of ${data.length} bytes`, this.address));
      return;
    }
    const message = new ReceivedMessage(data, this, this.connection.receivedAt);
    this.inFlight++;
    this.#link(message);
    this.#owner.received(message);
  }

  onResponse(data: Buffer): void {
    const text = data.toString('latin1');
    if (text === 'OK') this.#subscribed.resolve();
    else if (text === 'CLOSE_WAIT') this.#closeWait.resolve();
  }

  onError(error: NsqServerError): void {
    const [, command, messageId] = LATE.exec(error.message) ?? [];
    if (command !== undefined && messageId !== undefined) this.#owner.late({ command: command as LateAnswer['command'], messageId, error });
  }

  onRoom(): void {
    // Answers are small, and RDY bounds their number.
  }

  /** Whether it may be answered; it is no more afterwards. */
  #close(message: ReceivedMessage, command: 'FIN' | 'REQ', outcome: 'finished' | 'requeued' | 'backoff'): boolean {
    const { state } = message;
    if (state === MessageState.Answered) return false;
    message.state = MessageState.Answered;
    if (state === MessageState.Open) this.#unlink(message);
    const reachable = this.#reachable(message, command);
    if (state === MessageState.Open) this.inFlight--;
    this.#owner.answered(outcome);
    return reachable;
  }

  #reachable(message: ReceivedMessage, command: LateAnswer['command']): boolean {
    if (!this.connection.ended) return true;
    this.#owner.late({ command, messageId: message.id, error: this.#gone() });
    return false;
  }

  #gone(): NsqConnectionError {
    return new NsqConnectionError('ERR_NSQ_CONNECTION_LOST', 'the connection is gone', this.address);
  }

  #expire(message: ReceivedMessage): void {
    message.state = MessageState.Expired;
    this.#unlink(message);
    this.inFlight--;
    this.#owner.answered('expired');
  }

  #write(command: Buffer, message: ReceivedMessage, rest: string): void {
    const { outbox } = this.connection;
    outbox.reserve(LONGEST_COMMAND);
    const { bytes } = outbox;
    let at = outbox.used + command.copy(bytes, outbox.used);
    at = message.writeId(bytes, at);
    outbox.used = at + bytes.write(rest, at, 'latin1');
  }

  #link(message: ReceivedMessage): void {
    message.before = this.#newest;
    message.after = null;
    if (this.#newest === null) this.#oldest = message;
    else this.#newest.after = message;
    this.#newest = message;
  }

  #unlink(message: ReceivedMessage): void {
    const { before, after } = message;
    if (before === null) this.#oldest = after;
    else before.after = after;
    if (after === null) this.#newest = before;
    else after.before = before;
    message.before = null;
    message.after = null;
  }
}
