import { Batch } from '../queue/batch.js';
import { Message } from '../queue/message.js';

/*
 * What a record of a topic's log carries. The log itself adds length, checksum, sequence number and count.
 *
 *   0      1          4       8       12      16      20
 *   +------+----------+-------+-------+-------+-------+------------------------------------------
 *   | 1    | attempts | id, first     | timestamp ns  | size | body | size | body | ...            a batch
 *   | 2    | 0        | id            | timestamp ns  | due (f64) | n (u16) | n x length, name | size | body
 *   | 3    | 0        | ... as 2: a message that stands further in front already, written again
 *   +------+----------+-------+-------+-------+-------+------------------------------------------
 *
 * A deferred message (2) has no sequence number: it belongs to the n channels named from `due` on, milliseconds of the Unix epoch. With
 * n = 0 no channel has received it, and `due` is its delay.
 */
const BATCH = 1;
const DEFERRED = 2;
const CARRIED = 3;
const ATTEMPTS_AT = 2;
const HEADER_BYTES = 20;
const SIZE_BYTES = 4;
const DUE_BYTES = 8;
const COUNT_BYTES = 2;

/** Message id and publish time, each in two signed 32-bit halves. */
export interface Stamped {
  readonly idHi: number;
  readonly idLo: number;
  readonly timestampHi: number;
  readonly timestampLo: number;
}

export class RecordError extends Error {
  override readonly name = 'RecordError';
}

/** A message on its own, and for whom. */
export interface DeferredRecord {
  readonly message: Message;
  readonly channels: readonly string[];
  readonly dueAt: number;
  /** It was written again, so that its old place can be freed: not a new message. */
  readonly carried: boolean;
}

function header(kind: number, extra: number, of: Stamped, attempts = 0): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + extra);
  bytes.writeUInt32BE(kind * 0x1000000 + attempts, 0);
  bytes.writeInt32BE(of.idHi, 4);
  bytes.writeInt32BE(of.idLo, 8);
  bytes.writeInt32BE(of.timestampHi, 12);
  bytes.writeInt32BE(of.timestampLo, 16);
  return bytes;
}

/** The pieces of a batch's record; the messages are where the batch has them, which must be without gaps. */
export function encodeBatch(batch: Batch): Buffer[] {
  return [header(BATCH, 0, batch, batch.attempts), batch.bytes.subarray(batch.at, batch.end)];
}

/** A batch of one message that has been delivered `attempts` times, 0 to 65,535. */
export function encodeMessage(of: Stamped, attempts: number, body: Buffer): Buffer[] {
  const head = header(BATCH, SIZE_BYTES, of, attempts);
  head.writeInt32BE(body.length, HEADER_BYTES);
  return [head, body];
}

export function encodeDeferred({ message, channels, dueAt, carried }: DeferredRecord): Buffer[] {
  const names = channels.map((name) => Buffer.from(name));
  const head = header(
    carried ? CARRIED : DEFERRED,
    DUE_BYTES + COUNT_BYTES + names.reduce((sum, name) => sum + 1 + name.length, 0),
    message,
  );
  let at = head.writeDoubleBE(dueAt, HEADER_BYTES);
  at = head.writeUInt16BE(names.length, at);
  for (const name of names) {
    at = head.writeUInt8(name.length, at);
    at += name.copy(head, at);
  }
  return [head, message.bytes.subarray(message.at, message.at + 4 + message.size)];
}

/** @throws {RecordError} when the payload is neither */
export function decodeRecord(seq: number, count: number, payload: Buffer): Batch | DeferredRecord {
  if (payload.length < HEADER_BYTES) throw new RecordError(`a record of ${payload.length} bytes`);
  const kind = payload.readUInt8(0);
  const int = (at: number): number => payload.readInt32BE(at);
  if (kind === BATCH) {
    const batch = new Batch(seq, count, payload, HEADER_BYTES, payload.length, 0, int(4), int(8), int(12), int(16));
    batch.attempts = payload.readUInt16BE(ATTEMPTS_AT);
    return batch;
  }
  if ((kind !== DEFERRED && kind !== CARRIED) || payload.length < HEADER_BYTES + DUE_BYTES + COUNT_BYTES)
    throw new RecordError(`a record of kind ${kind}`);
  let at = HEADER_BYTES + DUE_BYTES;
  const channels: string[] = [];
  const names = payload.readUInt16BE(at);
  at += COUNT_BYTES;
  for (let i = 0; i < names; i++) {
    const length = payload[at] ?? 0;
    channels.push(payload.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  if (at + SIZE_BYTES > payload.length || at + SIZE_BYTES + int(at) !== payload.length) throw new RecordError('a message that is cut off');
  const message = new Message();
  message.idHi = int(4);
  message.idLo = int(8);
  message.timestampHi = int(12);
  message.timestampLo = int(16);
  message.bytes = payload;
  message.at = at;
  message.size = int(at);
  return { message, channels, dueAt: payload.readDoubleBE(HEADER_BYTES), carried: kind === CARRIED };
}
