import { encodeDpub, encodeMpub, encodePub } from '@nsq/protocol';
import { bodyOf } from './bodies.js';
import type { Ledger } from './ledger.js';
import type { Random } from '../random.js';
import { Wire, type TcpAddress } from '../wire.js';

const MAX_UNANSWERED = 24;
const MAX_BATCH = 30;
/** PUBs in a row, in one write: the daemon takes them as one batch. */
const MAX_RUN = 80;
/** So far may the channels be behind before publishers wait for them. */
const MAX_BEHIND = 5_000;
const PAUSE_MS = 5;
const SHORT_MS = 150;
const LONG_MS = 2_500;

/** Publishes on one connection, as fast as answers come: PUB, MPUB and DPUB in random order. */
export class Publisher {
  readonly wire: Wire;
  readonly #topic: string;
  readonly #ledger: Ledger;
  readonly #random: Random;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(wire: Wire, topic: string, ledger: Ledger, random: Random) {
    this.wire = wire;
    this.#topic = topic;
    this.#ledger = ledger;
    this.#random = random;
  }

  static async start(address: TcpAddress, topic: string, ledger: Ledger, random: Random): Promise<Publisher> {
    const publisher = new Publisher(
      await Wire.open(address, { refused: (error) => ledger.violation(`publisher: ${error}`) }),
      topic,
      ledger,
      random,
    );
    publisher.#fill();
    return publisher;
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  readonly #fill = (): void => {
    clearTimeout(this.#timer);
    while (!this.#stopped && this.wire.open && this.wire.unanswered < MAX_UNANSWERED) {
      if (this.#ledger.behind > MAX_BEHIND) {
        this.#timer = setTimeout(this.#fill, PAUSE_MS);
        return;
      }
      if (this.#random.chance(0.05)) this.wire.together(() => this.#publishRun());
      else this.#publish();
    }
  };

  #publishRun(): void {
    for (let left = this.#random.between(2, MAX_RUN); left > 0; left--) this.#ask(1, 0);
  }

  #publish(): void {
    const random = this.#random;
    const kind = random.next();
    const count = kind < 0.25 ? random.between(2, MAX_BATCH) : 1;
    this.#ask(count, kind < 0.9 ? 0 : random.between(1, random.chance(0.2) ? LONG_MS : SHORT_MS));
  }

  #ask(count: number, deferMs: number): void {
    const first = this.#ledger.take(count);
    if (deferMs > 0) this.#ledger.defer(first, Date.now() + deferMs);
    this.wire.ask(this.#command(first, count, deferMs), (error) => {
      if (error === null) {
        this.#ledger.acknowledge(first, count);
      } else {
        this.#ledger.refuse(first, count);
        // What follows is dropped by the daemon, which closes the connection.
        this.stop();
      }
      this.#fill();
    });
  }

  #command(first: number, count: number, deferMs: number): Buffer {
    if (deferMs > 0) return encodeDpub(this.#topic, deferMs, bodyOf(first));
    if (count === 1) return encodePub(this.#topic, bodyOf(first));
    return encodeMpub(
      this.#topic,
      Array.from({ length: count }, (_, index) => bodyOf(first + index)),
    );
  }
}
