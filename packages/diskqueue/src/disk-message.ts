import { DiskqueueError } from './diskqueue-error.js';

/*
 * The payload of a record, the same bytes as the message part of a frame on the wire:
 *
 *   0                8           10             26
 *   +----------------+-----------+--------------+----------
 *   | publish time   | attempts  | id           | body ...
 *   | ns, int64      | uint16    | 16 hex chars |
 *   +----------------+-----------+--------------+----------
 */
const ATTEMPTS_AT = 8;
const ID_AT = 10;
const BODY_AT = 26;
const ID_BYTES = BODY_AT - ID_AT;
const MAX_ATTEMPTS = 0xffff;

/** The smallest payload: a message with an empty body. */
export const MIN_PAYLOAD_BYTES = BODY_AT;

// The value of each lower-case hex character, 256 for every other byte.
const NIBBLE = new Uint16Array(256).fill(256);
for (let value = 0; value < 16; value++) NIBBLE[value.toString(16).charCodeAt(0)] = value;

export interface DiskMessageParts {
  /** When it was published, in ns since the Unix epoch. */
  readonly timestamp: bigint;
  /** How often it has been delivered so far, 0 to 65535. */
  readonly attempts: number;
  /** 16 bytes, one for each character; the reference writes lower-case hex. */
  readonly id: string;
  readonly body: Uint8Array;
}

/** A message as it is on disk. It costs one object: what is not asked for is not decoded. */
export class DiskMessage {
  /** The whole record without its length. A message that was read is a view on the memory of its chunk: copy it to keep it alone. */
  readonly payload: Buffer;

  /** @throws {DiskqueueError} `E_MESSAGE` for a payload of less than 26 bytes */
  constructor(payload: Buffer) {
    if (payload.length < BODY_AT) throw new DiskqueueError('E_MESSAGE', `a payload has at least ${BODY_AT} bytes, got ${payload.length}`);
    this.payload = payload;
  }

  /** Copies `body`. @throws {DiskqueueError} `E_MESSAGE` when a part does not fit its field */
  static of({ timestamp, attempts, id, body }: DiskMessageParts): DiskMessage {
    if (BigInt.asIntN(64, timestamp) !== timestamp) throw new DiskqueueError('E_MESSAGE', `timestamp ${timestamp} is not an int64`);
    if (!Number.isInteger(attempts) || attempts < 0 || attempts > MAX_ATTEMPTS) {
      throw new DiskqueueError('E_MESSAGE', `attempts must be 0 to ${MAX_ATTEMPTS}, got ${attempts}`);
    }
    const idBytes = Buffer.from(id, 'latin1');
    if (id.length !== ID_BYTES || idBytes.toString('latin1') !== id) {
      throw new DiskqueueError('E_MESSAGE', `an id has ${ID_BYTES} single-byte characters, got ${JSON.stringify(id)}`);
    }
    const payload = Buffer.allocUnsafe(BODY_AT + body.length);
    payload.writeBigInt64BE(timestamp, 0);
    payload.writeUInt16BE(attempts, ATTEMPTS_AT);
    payload.set(idBytes, ID_AT);
    payload.set(body, BODY_AT);
    return new DiskMessage(payload);
  }

  /** When it was published, in ns since the Unix epoch. */
  get timestamp(): bigint {
    return this.payload.readBigInt64BE(0);
  }

  /** The upper half of the timestamp, a signed 32-bit integer. */
  get timestampHi(): number {
    return this.payload.readInt32BE(0);
  }

  /** The lower half of the timestamp, as a signed 32-bit integer. */
  get timestampLo(): number {
    return this.payload.readInt32BE(4);
  }

  /** How often it had been delivered when it was written. */
  get attempts(): number {
    return this.payload.readUInt16BE(ATTEMPTS_AT);
  }

  /** 16 characters, one for each byte. */
  get id(): string {
    return this.payload.toString('latin1', ID_AT, BODY_AT);
  }

  /** The first eight characters of the id as a signed 32-bit integer, `NaN` unless they are lower-case hex. */
  get idHi(): number {
    return hexWord(this.payload, ID_AT);
  }

  /** The last eight characters of the id as a signed 32-bit integer, `NaN` unless they are lower-case hex. */
  get idLo(): number {
    return hexWord(this.payload, ID_AT + 8);
  }

  /** A view on the payload. */
  get body(): Buffer {
    return this.payload.subarray(BODY_AT);
  }
}

function hexWord(bytes: Buffer, at: number): number {
  let word = 0;
  for (let i = at; i < at + 8; i++) {
    const nibble = NIBBLE[bytes[i] ?? 0] ?? 256;
    if (nibble > 15) return NaN;
    word = (word << 4) | nibble;
  }
  return word;
}
