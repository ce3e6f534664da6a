/** What a channel has of a message: nothing, its consumer holds it, it has finished it, or it has put it back. */
const State = { None: 0, Held: 1, Finished: 2, Requeued: 3 } as const;
type State = (typeof State)[keyof typeof State];

const STATES = 4;
/** A time of the day may be cut to whole milliseconds on either side. */
const EARLY_MS = 2;

interface Fate {
  readonly state: State;
  /** How many crashes there had been. */
  readonly crashes: number;
}

/** What one channel delivered, by message. */
class ChannelLedger {
  readonly fates: number[] = []; // crashes * STATES + state; a hole for what never came
  readonly everFinished = new Set<number>();
  readonly dueAt = new Map<number, number>();
  delivered = 0;
  distinct = 0;
  repeated = 0;

  fate(message: number): Fate | undefined {
    const word = this.fates[message];
    return word === undefined ? undefined : { state: (word % STATES) as State, crashes: Math.floor(word / STATES) };
  }
}

/** What is wrong, and what only costs. */
export interface Tally {
  readonly acknowledged: number;
  /** Never acknowledged; they may have arrived or not. */
  readonly unanswered: number;
  /** Deliveries on all channels. */
  readonly delivered: number;
  /** Deliveries of what a channel had delivered before. */
  readonly repeated: number;
  /** Acknowledged, and on some channel never finished: `channel/number`. */
  readonly lost: readonly string[];
  /** Rules that were broken, at most the first 20. */
  readonly violations: readonly string[];
}

const MAX_VIOLATIONS = 20;

/** Remembers every message: what was acknowledged, and what became of it on each channel. */
export class Ledger {
  readonly channels: readonly string[];
  #ledgers: ReadonlyMap<string, ChannelLedger>;
  #next = 0;
  #crashes = 0;
  readonly #acknowledged = new Set<number>();
  readonly #refused = new Set<number>();
  readonly #violations: string[] = [];

  constructor(channels: readonly string[]) {
    this.channels = channels;
    this.#ledgers = new Map(channels.map((name) => [name, new ChannelLedger()]));
  }

  /** Numbers for new messages: the first of `count`. */
  take(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }

  /** Message number `message` must not arrive before `at`, milliseconds of the Unix epoch. */
  defer(message: number, at: number): void {
    for (const ledger of this.#ledgers.values()) ledger.dueAt.set(message, at);
  }

  acknowledge(first: number, count: number): void {
    for (let message = first; message < first + count; message++) this.#acknowledged.add(message);
  }

  /** The daemon said that it did not take them: they must never arrive. */
  refuse(first: number, count: number): void {
    for (let message = first; message < first + count; message++) this.#refused.add(message);
  }

  /** Acknowledged messages that the slowest channel has not finished. */
  get behind(): number {
    let finished = Infinity;
    for (const { everFinished } of this.#ledgers.values()) finished = Math.min(finished, everFinished.size);
    return this.#acknowledged.size - finished;
  }

  deliver(channel: string, message: number, attempts: number, now: number): void {
    const ledger = this.#of(channel);
    const name = `${channel}/${message}`;
    const before = ledger.fate(message);
    ledger.delivered++;
    if (before === undefined) ledger.distinct++;
    else ledger.repeated++;
    if (message >= this.#next) this.violation(`${name}: nobody sent it`);
    if (this.#refused.has(message)) this.violation(`${name}: delivered though it was refused`);
    if (before?.crashes === this.#crashes) {
      if (before.state === State.Finished) this.violation(`${name}: delivered after FIN without a crash`);
      if (before.state === State.Held) this.violation(`${name}: delivered twice at once`);
    }
    if (attempts < 1) this.violation(`${name}: delivery number ${attempts}`);
    const dueAt = ledger.dueAt.get(message);
    if (dueAt !== undefined && now < dueAt - EARLY_MS) this.violation(`${name}: ${Math.ceil(dueAt - now)} ms early`);
    this.#set(ledger, message, State.Held);
  }

  finish(channel: string, message: number): void {
    const ledger = this.#of(channel);
    ledger.everFinished.add(message);
    ledger.dueAt.delete(message);
    this.#set(ledger, message, State.Finished);
  }

  /** @param at milliseconds of the Unix epoch before which it must not come again; a crash may forget that */
  requeue(channel: string, message: number): void {
    this.#set(this.#of(channel), message, State.Requeued);
  }

  /** The daemon was killed: what was finished may come again. */
  crashed(): void {
    this.#crashes++;
  }

  /** The daemon was stopped and started: what was held comes again, what was finished does not. */
  stopped(): void {
    for (const ledger of this.#ledgers.values()) {
      ledger.fates.forEach((word, message) => {
        if (word % STATES === State.Held) ledger.fates[message] = word - State.Held;
      });
    }
  }

  violation(what: string): void {
    if (this.#violations.length < MAX_VIOLATIONS) this.#violations.push(`after ${this.#crashes} crashes: ${what}`);
  }

  /** Whether every channel has finished all that was acknowledged. */
  get complete(): boolean {
    return this.behind <= 0 && this.lost(1).length === 0;
  }

  /** The first `limit` messages that were acknowledged and that some channel has not finished. */
  lost(limit = Infinity): string[] {
    const lost: string[] = [];
    for (const [name, { everFinished }] of this.#ledgers) {
      for (const message of this.#acknowledged) {
        if (lost.length >= limit) return lost;
        if (!everFinished.has(message)) lost.push(`${name}/${message}`);
      }
    }
    return lost;
  }

  tally(): Tally {
    const ledgers = [...this.#ledgers.values()];
    return {
      acknowledged: this.#acknowledged.size,
      unanswered: this.#next - this.#acknowledged.size - this.#refused.size,
      delivered: ledgers.reduce((sum, { delivered }) => sum + delivered, 0),
      repeated: ledgers.reduce((sum, { repeated }) => sum + repeated, 0),
      lost: this.lost(),
      violations: this.#violations,
    };
  }

  #of(channel: string): ChannelLedger {
    const ledger = this.#ledgers.get(channel);
    if (ledger === undefined) throw new Error(`no channel ${channel}`);
    return ledger;
  }

  #set(ledger: ChannelLedger, message: number, state: State): void {
    ledger.fates[message] = this.#crashes * STATES + state;
  }
}
