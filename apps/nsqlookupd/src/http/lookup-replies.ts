import type { Clock } from '../registry/clock.js';
import type { RegistrationDb } from '../registry/registration-db.js';
import { lookupJson } from './json.js';

/** What replies may take together. The ones that were not asked for longest go first. Bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

interface Reply {
  readonly bytes: Buffer;
  /** Of the registry, when it was made. */
  readonly version: number;
  /** When it ages by itself, on the monotonic clock. */
  readonly until: number;
}

/** Replies to /lookup, kept while they hold: a topic of many producers takes long to write out, and consumers keep asking for it. */
export class LookupReplies {
  readonly #db: RegistrationDb;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #replies = new Map<string, Reply>(); // in the order in which they were asked for
  #bytes = 0;

  constructor(db: RegistrationDb, clock: Clock, maxBytes = MAX_BYTES) {
    this.#db = db;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** The reply's bytes, which must not be changed; undefined when there is no such topic. */
  get(topic: string): Buffer | undefined {
    const known = this.#replies.get(topic);
    if (known !== undefined) this.#remove(topic, known);
    if (known?.version === this.#db.version && this.#clock().monotonic < known.until) {
      this.#add(topic, known);
      return known.bytes;
    }
    const { version } = this.#db;
    const producers = this.#db.lookup(topic);
    if (producers === undefined) return undefined;
    const bytes = Buffer.from(lookupJson(this.#db.channels(topic), producers));
    this.#add(topic, { bytes, version, until: this.#db.changesAt(topic) });
    return bytes;
  }

  #add(topic: string, reply: Reply): void {
    if (reply.bytes.length > this.#maxBytes / 4) return;
    this.#replies.set(topic, reply);
    this.#bytes += reply.bytes.length;
    for (const [oldest, old] of this.#replies) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#remove(oldest, old);
    }
  }

  #remove(topic: string, reply: Reply): void {
    this.#replies.delete(topic);
    this.#bytes -= reply.bytes.length;
  }
}
