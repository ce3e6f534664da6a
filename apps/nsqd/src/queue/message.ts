import type { Channel } from './channel.js';
import type { Consumer } from './consumer.js';
import type { LogSegment } from './topic-log.js';

const NOTHING = Buffer.alloc(0);

/**
 * What one channel adds to a message once it has been delivered or deferred: attempts, owner, due time. Objects are reused, all fields
 * are set in the constructor, and each object is in at most one list (a wheel slot, or the ready queue) and one table.
 */
export class Message {
  idHi = 0;
  idLo = 0;
  timestampHi = 0;
  timestampLo = 0;
  /** Deliveries so far, uint16: wraps from 65 535 to 0. */
  attempts = 0;
  /** 4 bytes of size at `at`, then `size` bytes of body. */
  bytes: Buffer = NOTHING;
  at = 0;
  size = 0;
  /** Where in the log it is, null while it is in memory only. Counted there; see `hold`. */
  segment: LogSegment | null = null;
  channel: Channel | null = null;
  /** To whom it was delivered last, while in flight. */
  consumer: Consumer | null = null;
  /** When it was delivered, engine milliseconds. */
  deliveredAt = 0;
  /** When its timeout or its deferral ends, engine milliseconds. */
  due = 0;
  /** When the wheel gives it back, engine milliseconds: at `due`, or before, to look after it. */
  wakeAt = 0;
  inFlight = false;
  prev: Message | null = null;
  next: Message | null = null;
  hashNext: Message | null = null;

  /** Becomes the same message, never delivered. */
  copyFrom(other: Message): void {
    this.idHi = other.idHi;
    this.idLo = other.idLo;
    this.timestampHi = other.timestampHi;
    this.timestampLo = other.timestampLo;
    this.attempts = 0;
    this.bytes = other.bytes;
    this.at = other.at;
    this.size = other.size;
    this.hold(other.segment);
  }

  /** Says where in the log the message is, which keeps that segment. */
  hold(segment: LogSegment | null): void {
    if (this.segment !== null) this.segment.unfinished--;
    this.segment = segment;
    if (segment !== null) segment.unfinished++;
  }

  /** Moves the body to memory of its own when it keeps much more than itself alive: for messages that stay long. */
  detach(): void {
    const length = 4 + this.size;
    if (this.bytes.buffer.byteLength <= 2 * length + 256) return;
    const own = Buffer.allocUnsafeSlow(length);
    this.bytes.copy(own, 0, this.at, this.at + length);
    this.bytes = own;
    this.at = 0;
  }
}

/** Message objects that wait for their next use. */
export class MessagePool {
  #free: Message | null = null;
  #size = 0;
  readonly #max: number;

  constructor(max = 100_000) {
    this.#max = max;
  }

  take(): Message {
    const message = this.#free;
    if (message === null) return new Message();
    this.#free = message.next;
    message.next = null;
    this.#size--;
    return message;
  }

  /** The message must be in no list and no table. */
  give(message: Message): void {
    message.bytes = NOTHING;
    if (message.segment !== null) message.hold(null);
    message.channel = null;
    message.consumer = null;
    message.inFlight = false;
    if (this.#size >= this.#max) return;
    message.next = this.#free;
    this.#free = message;
    this.#size++;
  }
}
