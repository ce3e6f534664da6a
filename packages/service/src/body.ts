import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { HttpError } from './http-error.js';
import { hasBody, sendContinue } from './unread-body.js';

const NO_BYTES = Buffer.alloc(0);
const MIN_CAPACITY = 16 * 1024;

/**
 * Reads the whole body of a request, at most `limit` bytes. A body that announces more is refused before it is read, one that does not
 * announce itself at the byte after the limit. The rest is dealt with when the reply is sent.
 * @param tooBig code of the error for a body above the limit
 * @throws {HttpError} 413 with `tooBig`; 500 `INTERNAL_ERROR` when the client goes away before the end
 */
export function readBody(request: FastifyRequest, limit: number, tooBig: string): Promise<Buffer> {
  const { raw } = request;
  if (!hasBody(raw)) return Promise.resolve(NO_BYTES);
  const announced = raw.headers['content-length'];
  if (announced !== undefined && Number(announced) > limit) return Promise.reject(new HttpError(413, tooBig));
  const body = new Collector(announced === undefined ? limit : Number(announced));
  return consume(raw, (chunk) => body.add(chunk)).then(
    (whole) => {
      if (!whole) throw new HttpError(413, tooBig);
      return body.bytes();
    },
    (error: unknown) => {
      throw new HttpError(500, 'INTERNAL_ERROR', { cause: error });
    },
  );
}

/**
 * Reads a body to its end, whatever its size, and drops it.
 * @throws {HttpError} 400 `INVALID_REQUEST` when the client goes away before the end
 */
export function discardBody(request: FastifyRequest): Promise<void> {
  if (!hasBody(request.raw)) return Promise.resolve();
  return consume(request.raw, () => true).then(
    () => undefined,
    (error: unknown) => {
      throw new HttpError(400, 'INVALID_REQUEST', { cause: error });
    },
  );
}

/** Feeds `take` until it says false, which resolves with false, or to the end. Rejects when the body breaks off. */
function consume(raw: IncomingMessage, take: (chunk: Buffer) => boolean): Promise<boolean> {
  sendContinue(raw);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      raw.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
    };
    const onData = (chunk: Buffer): void => {
      if (take(chunk)) return;
      stop();
      raw.pause();
      resolve(false);
    };
    const onEnd = (): void => {
      stop();
      resolve(true);
    };
    const onError = (error: Error): void => {
      stop();
      reject(error);
    };
    const onClose = (): void => onError(new Error('the connection was closed before the end of the body'));
    raw.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    if (raw.destroyed) onClose();
  });
}

/**
 * Joins chunks. The first is kept as it is, so that a small body is never copied; with a second a buffer begins that doubles as needed,
 * so that neither a false announcement nor a body of one-byte chunks takes more memory than a few times what was sent.
 */
class Collector {
  readonly #limit: number;
  #buffer: Buffer = NO_BYTES;
  #length = 0;
  #owned = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when the limit is passed. */
  add(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#limit) return false;
    if (this.#length === 0) {
      this.#buffer = chunk;
      this.#owned = false;
    } else {
      if (!this.#owned || length > this.#buffer.length) this.#grow(length);
      this.#buffer.set(chunk, this.#length);
    }
    this.#length = length;
    return true;
  }

  bytes(): Buffer {
    if (this.#length === this.#buffer.length) return this.#buffer;
    const spare = this.#buffer.length - this.#length;
    const used = this.#buffer.subarray(0, this.#length);
    return spare > this.#length / 4 ? Buffer.from(used) : used;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(needed * 2, MIN_CAPACITY)));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    this.#owned = true;
  }
}
