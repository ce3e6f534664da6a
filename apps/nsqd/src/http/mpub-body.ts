import { maxMessageCount } from '@nsq/protocol';
import { HttpError } from '@nsq/service';

const NEWLINE = 10;
const SIZE_BYTES = 4;
/** Lines shorter than this are handled byte by byte: a native call costs more than they do. */
const SHORT_LINE = 32;

/** Messages one behind the other, each as 4 bytes of size and the body. */
export interface PackedMessages {
  readonly bytes: Buffer;
  readonly at: number;
  readonly end: number;
  readonly count: number;
}

/**
 * Makes a message of each line that is not empty; the newline behind the last is optional.
 * @throws {HttpError} 413 `MSG_TOO_BIG` for a line of more than `maxMsgBytes`
 */
export function packLines(body: Buffer, maxMsgBytes: number): PackedMessages {
  let count = 0;
  let size = 0;
  for (let at = 0; at < body.length;) {
    const end = lineEnd(body, at);
    const length = end - at;
    if (length > maxMsgBytes) throw new HttpError(413, 'MSG_TOO_BIG');
    if (length > 0) {
      count++;
      size += SIZE_BYTES + length;
    }
    at = end + 1;
  }
  const bytes = Buffer.allocUnsafe(size);
  let to = 0;
  for (let at = 0; at < body.length;) {
    const end = lineEnd(body, at);
    const length = end - at;
    if (length > 0) {
      to = bytes.writeInt32BE(length, to);
      if (length < SHORT_LINE) for (let i = at; i < end; i++) bytes[to++] = body[i] ?? 0;
      else to += body.copy(bytes, to, at, end);
    }
    at = end + 1;
  }
  return { bytes, at: 0, end: size, count };
}

/** Offset of the newline that ends the line at `from`, or of the end of `body`. */
function lineEnd(body: Buffer, from: number): number {
  const near = Math.min(from + SHORT_LINE, body.length);
  for (let at = from; at < near; at++) if (body[at] === NEWLINE) return at;
  if (near === body.length) return near;
  const at = body.indexOf(NEWLINE, near);
  return at === -1 ? body.length : at;
}

/** Says whether a body that turns out too big had a line too big before: then that is what the reference complains about. */
export class LongLineWatch {
  found = false;
  readonly #maxMsgBytes: number;
  #left: number; // bytes that still fit in the body
  #line = 0; // bytes of the current line so far

  constructor(maxMsgBytes: number, maxBodyBytes: number) {
    this.#maxMsgBytes = maxMsgBytes;
    this.#left = maxBodyBytes;
  }

  add(chunk: Buffer): void {
    const fitting = chunk.subarray(0, this.#left);
    this.#left -= fitting.length;
    for (let at = 0; at < fitting.length && !this.found;) {
      const newline = fitting.indexOf(NEWLINE, at);
      this.#line += (newline === -1 ? fitting.length : newline) - at;
      if (newline === -1) return;
      this.found = this.#line > this.#maxMsgBytes;
      this.#line = 0;
      at = newline + 1;
    }
  }
}

/**
 * Checks a binary body, a count and as many messages in the layout they are kept in. What follows the last one is ignored.
 * @throws {HttpError} 413 `BAD_BODY` for the count, 413 `BAD_MESSAGE` for a message
 */
export function checkBinary(body: Buffer, maxMsgBytes: number, maxBodyBytes: number): PackedMessages {
  const count = body.length < SIZE_BYTES ? 0 : body.readInt32BE(0);
  if (count <= 0 || count > maxMessageCount(maxBodyBytes)) throw new HttpError(413, 'BAD_BODY');
  let at = SIZE_BYTES;
  for (let i = 0; i < count; i++) {
    if (body.length - at < SIZE_BYTES) throw new HttpError(413, 'BAD_MESSAGE');
    const size = body.readInt32BE(at);
    at += SIZE_BYTES;
    if (size <= 0 || size > maxMsgBytes || size > body.length - at) throw new HttpError(413, 'BAD_MESSAGE');
    at += size;
  }
  return { bytes: body, at: SIZE_BYTES, end: at, count };
}
