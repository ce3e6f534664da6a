import { CLS, decodeMessage, encodeFin, encodeRdy, encodeReq, encodeSub } from '@nsq/protocol';
import { numberOf } from './bodies.js';
import type { Ledger } from './ledger.js';
import type { Random } from '../random.js';
import { Wire, type TcpAddress } from '../wire.js';

const RDY = 300;
const MAX_HELD = 100;
const LONG_REQUEUE_MS = 1_500;
const SHORT_REQUEUE_MS = 60;

/** What a consumer does with messages: shares of 1, the rest is finished. */
export interface Habits {
  readonly hold: number;
  readonly requeue: number;
}

/** Finishes all it gets. */
export const DILIGENT: Habits = { hold: 0, requeue: 0 };

/** Consumes one channel on one connection: finishes most, puts some back with and without a delay, keeps some for ever. */
export class Consumer {
  wire!: Wire;
  readonly #channel: string;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #habits: Habits;
  #held = 0;
  #closing = false;

  private constructor(channel: string, ledger: Ledger, random: Random, habits: Habits) {
    this.#channel = channel;
    this.#ledger = ledger;
    this.#random = random;
    this.#habits = habits;
  }

  static async start(
    address: TcpAddress,
    topic: string,
    channel: string,
    ledger: Ledger,
    random: Random,
    habits: Habits,
  ): Promise<Consumer> {
    const consumer = new Consumer(channel, ledger, random, habits);
    consumer.wire = await Wire.open(address, {
      message: (data) => consumer.#take(data),
      refused: (error) => ledger.violation(`${channel}: ${error}`),
    });
    await consumer.wire.request(encodeSub(topic, channel));
    consumer.wire.send(encodeRdy(RDY));
    return consumer;
  }

  /** Takes nothing more; resolves when the daemon has heard all FINs and REQs. */
  quiesce(): Promise<void> {
    // What still comes is kept: nothing would tell that its FIN was heard.
    this.#closing = true;
    return this.wire.request(CLS);
  }

  #take(data: Buffer): void {
    const message = decodeMessage(data);
    if (message === undefined) throw new Error(`a message frame of ${data.length} bytes`);
    const { id, attempts, body } = message;
    const number = numberOf(body);
    const random = this.#random;
    this.#ledger.deliver(this.#channel, number, attempts, Date.now());
    if (this.#closing) return;
    if (this.#held < MAX_HELD && random.chance(this.#habits.hold)) {
      this.#held++;
    } else if (random.chance(this.#habits.requeue)) {
      this.#ledger.requeue(this.#channel, number);
      this.wire.send(encodeReq(id, random.chance(0.5) ? 0 : random.between(1, random.chance(0.1) ? LONG_REQUEUE_MS : SHORT_REQUEUE_MS)));
    } else {
      this.#ledger.finish(this.#channel, number);
      this.wire.send(encodeFin(id));
    }
  }
}
