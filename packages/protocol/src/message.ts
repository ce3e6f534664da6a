import { FrameType } from './frame.js';
import { writeMessageId } from './message-id.js';

/*
 * Data of a message frame, and of a record in the reference's queue files:
 *
 *   0               8      10               26
 *   +---------------+------+----------------+-----------
 *   | timestamp ns  | att. | id, 16 hex     | body ...
 *   +---------------+------+----------------+-----------
 */
const ATTEMPTS_AT = 8;
const ID_AT = 10;
const ID = /^[\0-\xff]{16}$/;
/** Bytes of a message ahead of its body. */
export const MESSAGE_HEADER_BYTES = 26;
/** Bytes of a whole message frame ahead of the body: size, type and message header. */
export const MESSAGE_FRAME_HEADER_BYTES = 8 + MESSAGE_HEADER_BYTES;

/** A message as a consumer receives it. */
export interface Message {
  /** 16 characters, opaque. */
  readonly id: string;
  /** When nsqd accepted it, nanoseconds since the Unix epoch. */
  readonly timestamp: bigint;
  /** Deliveries so far including this one: 1 to 65 535, then it wraps to 0. */
  readonly attempts: number;
  /** A view on the bytes it was decoded from. */
  readonly body: Buffer;
}

/** Decodes the data of a message frame. `undefined` when it is shorter than a message header. */
export function decodeMessage(data: Buffer): Message | undefined {
  if (data.length < MESSAGE_HEADER_BYTES) return undefined;
  return {
    timestamp: data.readBigInt64BE(0),
    attempts: data.readUInt16BE(ATTEMPTS_AT),
    id: data.toString('latin1', ID_AT, MESSAGE_HEADER_BYTES),
    body: data.subarray(MESSAGE_HEADER_BYTES),
  };
}

/** Encodes the data of a message frame. @throws {RangeError} when the id is not 16 characters of one byte, attempts no uint16, or the timestamp no int64 */
export function encodeMessage(message: Message): Buffer {
  if (!ID.test(message.id)) throw new RangeError(`a message id has 16 characters of one byte, got ${JSON.stringify(message.id)}`);
  const out = Buffer.allocUnsafe(MESSAGE_HEADER_BYTES + message.body.length);
  out.writeBigInt64BE(message.timestamp, 0);
  out.writeUInt16BE(message.attempts, ATTEMPTS_AT);
  out.write(message.id, ID_AT, 'latin1');
  message.body.copy(out, MESSAGE_HEADER_BYTES);
  return out;
}

/**
 * Writes everything of a message frame but the body, MESSAGE_FRAME_HEADER_BYTES from `at`; the body of `bodyBytes` goes right behind.
 * For servers: no object is made. Timestamp and id are given as the two 32-bit halves.
 */
export function writeMessageFrameHeader(
  view: DataView,
  at: number,
  bodyBytes: number,
  timestampHi: number,
  timestampLo: number,
  attempts: number,
  idHi: number,
  idLo: number,
): void {
  view.setInt32(at, 4 + MESSAGE_HEADER_BYTES + bodyBytes);
  view.setInt32(at + 4, FrameType.Message);
  view.setInt32(at + 8, timestampHi);
  view.setInt32(at + 12, timestampLo);
  view.setUint16(at + 16, attempts);
  writeMessageId(view, at + 18, idHi, idLo);
}
