/** What became of a message here. */
export const MessageState = {
  /** It can be answered. */
  Open: 0,
  /** It has been. */
  Answered: 1,
  /** Its time was up before; nsqd gives it to somebody again. */
  Expired: 2,
} as const;
export type MessageState = (typeof MessageState)[keyof typeof MessageState];

export interface RequeueOptions {
  /** Whether the consumer backs off, as it does when a handler fails. @default true */
  readonly backoff?: boolean;
}

/** Where a message came from, and where its answer goes. */
export interface MessageSource {
  readonly address: string;
  finish(message: Message): boolean;
  requeue(message: Message, delay: number | undefined, backoff: boolean): boolean;
  touch(message: Message): boolean;
}

const ATTEMPTS_AT = 8;
const ID_AT = 10;
const BODY_AT = 26;
const NS_PER_MS = 1_000_000n;

/**
 * A message that wants an answer: `finish`, `requeue`, or the outcome of its handler. Answers are sent at the end of the turn; nsqd
 * says nothing to one that succeeds. One that comes too late is reported by the consumer's event `late`.
 */
export class Message {
  /** For the package: when it came, milliseconds of `performance.now()`. */
  readonly receivedAt: number;
  /** For the package: when the time for an answer began, likewise. */
  since: number;
  /** For the package. */
  state: MessageState = MessageState.Open;
  /** For the package: neighbours among the unanswered of a connection, in the order of `since`. */
  before: Message | null = null;
  after: Message | null = null;
  readonly #data: Buffer;
  readonly #source: MessageSource;
  #body: Buffer | null = null;

  /** @param data of a message frame, at least 26 bytes */
  constructor(data: Buffer, source: MessageSource, receivedAt: number) {
    this.#data = data;
    this.#source = source;
    this.receivedAt = receivedAt;
    this.since = receivedAt;
  }

  /** 16 characters. Unique within the topic. */
  get id(): string {
    return this.#data.toString('latin1', ID_AT, BODY_AT);
  }

  /** Deliveries so far including this one: 1 for the first. */
  get attempts(): number {
    return this.#data.readUInt16BE(ATTEMPTS_AT);
  }

  /** When nsqd accepted it, nanoseconds since the Unix epoch. */
  get timestamp(): bigint {
    return this.#data.readBigInt64BE(0);
  }

  /** The same, in milliseconds. */
  get date(): Date {
    return new Date(Number(this.timestamp / NS_PER_MS));
  }

  /** A view on memory that up to 64 KiB of other messages share: copy it (`Buffer.from`) to keep a small one for long. */
  get body(): Buffer {
    this.#body ??= this.#data.subarray(BODY_AT);
    return this.#body;
  }

  /** The body as UTF-8. */
  text(): string {
    return this.#data.toString('utf8', BODY_AT);
  }

  /** The body as JSON. @throws {SyntaxError} */
  json(): unknown {
    return JSON.parse(this.text());
  }

  /** The nsqd it came from. */
  get address(): string {
    return this.#source.address;
  }

  /** Whether `finish` or `requeue` has been called. */
  get answered(): boolean {
    return this.state === MessageState.Answered;
  }

  /** Whether its time was up before it was answered: nsqd gives it to somebody again. */
  get expired(): boolean {
    return this.state === MessageState.Expired;
  }

  /** Done with. False when that could not be said: it has been answered before, or its connection is gone. */
  finish(): boolean {
    return this.#source.finish(this);
  }

  /**
   * To be delivered again.
   * @param delay milliseconds, which nsqd cuts to its `--max-req-timeout`; by default as for a handler that fails
   * @returns as `finish` @throws {RangeError} for a delay that is negative or not whole
   */
  requeue(delay?: number, { backoff = true }: RequeueOptions = {}): boolean {
    return this.#source.requeue(this, delay, backoff);
  }

  /** Has its time begin again, up to nsqd's `--max-msg-timeout` in all. @returns as `finish` */
  touch(): boolean {
    return this.#source.touch(this);
  }

  /** For the package: the id as bytes, at `ID_AT` to `BODY_AT` of the frame's data. */
  writeId(out: Buffer, at: number): number {
    const data = this.#data;
    for (let i = ID_AT; i < BODY_AT; i++) out[at++] = data[i] as number;
    return at;
  }
}
