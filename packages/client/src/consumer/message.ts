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

/**
 * A message that wants an answer: `finish`, `requeue`, or the outcome of its handler. Answers are sent at the end of the turn; nsqd
 * says nothing to one that succeeds. One that comes too late is reported by the consumer's event `late`.
 */
export interface Message {
  /** 16 characters. Unique within the topic. */
  readonly id: string;
  /** Deliveries so far including this one: 1 for the first. */
  readonly attempts: number;
  /** When nsqd accepted it, nanoseconds since the Unix epoch. */
  readonly timestamp: bigint;
  /** The same, in milliseconds. */
  readonly date: Date;
  /** A view on memory that up to 64 KiB of other messages share: copy it (`Buffer.from`) to keep a small one for long. */
  readonly body: Buffer;
  /** The nsqd it came from. */
  readonly address: string;
  /** Whether `finish` or `requeue` has been called. */
  readonly answered: boolean;
  /** Whether its time was up before it was answered: nsqd gives it to somebody again. */
  readonly expired: boolean;
  /** The body as UTF-8. */
  text(): string;
  /** The body as JSON. @throws {SyntaxError} */
  json(): unknown;
  /** Done with. False when that could not be said: it has been answered before, or its connection is gone. */
  finish(): boolean;
  /**
   * To be delivered again.
   * @param delay milliseconds, which nsqd cuts to its `--max-req-timeout`; by default as for a handler that fails
   * @returns as `finish` @throws {RangeError} for a delay that is negative or not whole
   */
  requeue(delay?: number, options?: RequeueOptions): boolean;
  /** Has its time begin again, up to nsqd's `--max-msg-timeout` in all. @returns as `finish` */
  touch(): boolean;
}

/** Where a message came from, and where its answer goes. */
export interface MessageSource {
  readonly address: string;
  finish(message: ReceivedMessage): boolean;
  requeue(message: ReceivedMessage, delay: number | undefined, backoff: boolean): boolean;
  touch(message: ReceivedMessage): boolean;
}

const ATTEMPTS_AT = 8;
const ID_AT = 10;
const BODY_AT = 26;
const NS_PER_MS = 1_000_000n;

/** A message with its place among the unanswered of its connection. What is read of it is decoded when it is asked for. */
export class ReceivedMessage implements Message {
  /** When it came, milliseconds of `performance.now()`. */
  readonly receivedAt: number;
  /** When the time for an answer began, likewise. */
  since: number;
  state: MessageState = MessageState.Open;
  /** Neighbours among the unanswered of a connection, in the order of `since`. */
  before: ReceivedMessage | null = null;
  after: ReceivedMessage | null = null;
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

  get id(): string {
    return this.#data.toString('latin1', ID_AT, BODY_AT);
  }

  get attempts(): number {
    return this.#data.readUInt16BE(ATTEMPTS_AT);
  }

  get timestamp(): bigint {
    return this.#data.readBigInt64BE(0);
  }

  get date(): Date {
    return new Date(Number(this.timestamp / NS_PER_MS));
  }

  get body(): Buffer {
    this.#body ??= this.#data.subarray(BODY_AT);
    return this.#body;
  }

  text(): string {
    return this.#data.toString('utf8', BODY_AT);
  }

  json(): unknown {
    return JSON.parse(this.text());
  }

  get address(): string {
    return this.#source.address;
  }

  get answered(): boolean {
    return this.state === MessageState.Answered;
  }

  get expired(): boolean {
    return this.state === MessageState.Expired;
  }

  finish(): boolean {
    return this.#source.finish(this);
  }

  requeue(delay?: number, { backoff = true }: RequeueOptions = {}): boolean {
    return this.#source.requeue(this, delay, backoff);
  }

  touch(): boolean {
    return this.#source.touch(this);
  }

  /** Writes the 16 bytes of the id. @returns where they end */
  writeId(out: Buffer, at: number): number {
    const data = this.#data;
    for (let i = ID_AT; i < BODY_AT; i++) out[at++] = data[i] as number;
    return at;
  }
}
