import { isValidName, quote } from '@nsq/protocol';
import { toBuffer, type Body } from '../body.js';
import type { Outbox } from '../connection/outbox.js';
import { NsqServerError, type NsqError } from '../errors.js';
import type { ProducerLimits, PublishOptions } from './producer-options.js';

/** The lines of the commands that publish to one topic. */
export interface TopicLines {
  readonly pub: Buffer;
  readonly mpub: Buffer;
  /** Without the delay. */
  readonly dpub: Buffer;
}

const MAX_LINES = 10_000;
const COUNT_BYTES = 4;
const SIZE_BYTES = 4;

/** Topics that have been checked, with their lines. */
export class TopicCache {
  readonly #lines = new Map<string, TopicLines>();

  /** @throws {NsqServerError} `E_BAD_TOPIC`, as nsqd would say it */
  get(topic: string): TopicLines {
    const known = this.#lines.get(topic);
    if (known !== undefined) return known;
    if (!isValidName(topic)) throw new NsqServerError(`E_BAD_TOPIC PUB topic name ${quote(Buffer.from(topic))} is not valid`);
    // Whoever makes up topics without end pays for it with encoding them again.
    if (this.#lines.size >= MAX_LINES) this.#lines.clear();
    const lines = { pub: Buffer.from(`PUB ${topic}\n`), mpub: Buffer.from(`MPUB ${topic}\n`), dpub: Buffer.from(`DPUB ${topic} `) };
    this.#lines.set(topic, lines);
    return lines;
  }
}

/** A publish, from the call to its answer. */
export class Publish {
  /** Bytes it counts for. */
  readonly bytes: number;
  /** Times it may be sent again. */
  retries: number;
  /** The sweep at which it has taken too long. */
  dueSweep = 0;
  /** The caller has been told; if it was sent its answer is still awaited. */
  settled = false;
  /** Is called when it is settled. */
  onSettled: (() => void) | null = null;
  readonly #lines: TopicLines;
  readonly #bodies: Buffer | readonly Buffer[];
  readonly #defer: number;
  readonly #resolve: () => void;
  readonly #reject: (error: NsqError) => void;

  /** @throws {NsqServerError} what nsqd would answer to a topic, size or delay out of its bounds @throws {TypeError} a delay for several messages */
  constructor(
    lines: TopicLines,
    body: Body | readonly Body[],
    options: PublishOptions | undefined,
    limits: ProducerLimits,
    resolve: () => void,
    reject: (error: NsqError) => void,
  ) {
    this.#lines = lines;
    const defer = options?.defer ?? 0;
    if (defer !== 0) checkDefer(defer, limits.maxDefer);
    this.#defer = defer;
    if (isList(body)) {
      if (defer !== 0) throw new TypeError('defer is for single messages: NSQ has no deferred batch');
      const bodies = body.map(toBuffer);
      this.#bodies = bodies;
      this.bytes = checkBatch(bodies, limits);
    } else {
      const bytes = toBuffer(body);
      this.#bodies = bytes;
      this.bytes = checkSize(bytes.length, defer === 0 ? 'PUB' : 'DPUB', limits);
    }
    this.retries = limits.retry;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  succeed(): void {
    if (this.#settle()) this.#resolve();
  }

  fail(error: NsqError): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.onSettled?.();
    return true;
  }

  write(outbox: Outbox): void {
    const bodies = this.#bodies;
    if (isBuffer(bodies)) {
      if (this.#defer === 0) outbox.append(this.#lines.pub);
      else {
        outbox.append(this.#lines.dpub);
        outbox.append(Buffer.from(`${this.#defer}\n`));
      }
      writeSized(outbox, bodies);
    } else {
      outbox.append(this.#lines.mpub);
      writeInt32(outbox, this.bytes);
      writeInt32(outbox, bodies.length);
      for (const body of bodies) writeSized(outbox, body);
    }
  }
}

const isBuffer = (bodies: Buffer | readonly Buffer[]): bodies is Buffer => Buffer.isBuffer(bodies);
const isList = (body: Body | readonly Body[]): body is readonly Body[] => Array.isArray(body);

function writeInt32(outbox: Outbox, value: number): void {
  outbox.reserve(SIZE_BYTES);
  outbox.used = outbox.bytes.writeInt32BE(value, outbox.used);
}

function writeSized(outbox: Outbox, body: Buffer): void {
  writeInt32(outbox, body.length);
  outbox.append(body);
}

function checkSize(bytes: number, command: string, limits: ProducerLimits): number {
  if (bytes === 0) throw new NsqServerError(`E_BAD_MESSAGE ${command} invalid message body size 0`);
  if (bytes > limits.maxMessageBytes)
    throw new NsqServerError(`E_BAD_MESSAGE ${command} message too big ${bytes} > ${limits.maxMessageBytes}`);
  return bytes;
}

/** The length of the body of an MPUB. */
function checkBatch(bodies: readonly Buffer[], limits: ProducerLimits): number {
  if (bodies.length === 0) throw new NsqServerError('E_BAD_BODY MPUB invalid message count 0');
  let bytes = COUNT_BYTES;
  for (const body of bodies) bytes += SIZE_BYTES + checkSize(body.length, 'MPUB', limits);
  if (bytes > limits.maxBatchBytes) throw new NsqServerError(`E_BAD_BODY MPUB body too big ${bytes} > ${limits.maxBatchBytes}`);
  return bytes;
}

function checkDefer(defer: number, max: number): void {
  if (!Number.isSafeInteger(defer) || defer < 0 || defer > max)
    throw new NsqServerError(`E_INVALID DPUB timeout ${defer} out of range 0-${max}`);
}
