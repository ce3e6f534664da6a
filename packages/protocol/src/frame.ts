import { SizedReader } from './sized-reader.js';

/** What a frame from nsqd carries. */
export const FrameType = { Response: 0, Error: 1, Message: 2 } as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

const SIZE_BYTES = 4; // does not count itself
const TYPE_BYTES = 4; // counted by the size
/** Bytes ahead of a frame's data. */
export const FRAME_HEADER_BYTES = SIZE_BYTES + TYPE_BYTES;

/** One whole frame: size, type, data. */
export function encodeFrame(type: FrameType, data: Buffer | string): Buffer {
  const body = typeof data === 'string' ? Buffer.from(data) : data;
  const out = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  out.writeInt32BE(TYPE_BYTES + body.length, 0);
  out.writeInt32BE(type, SIZE_BYTES);
  body.copy(out, FRAME_HEADER_BYTES);
  return out;
}

/** The responses that never vary, ready to be sent. */
export const OK_FRAME = encodeFrame(FrameType.Response, 'OK');
export const HEARTBEAT_FRAME = encodeFrame(FrameType.Response, '_heartbeat_');
export const CLOSE_WAIT_FRAME = encodeFrame(FrameType.Response, 'CLOSE_WAIT');
const HEARTBEAT_DATA = HEARTBEAT_FRAME.subarray(FRAME_HEADER_BYTES);

/** A heartbeat is a response frame like any other, known by its content. Answer it with NOP. */
export function isHeartbeat(type: number, data: Buffer): boolean {
  return type === FrameType.Response && data.equals(HEARTBEAT_DATA);
}

/** `data` is a view on the bytes handed to `push`: copy it to keep it when that memory is reused. */
export type OnFrame = (type: number, data: Buffer) => void;

/** Splits what nsqd sends into frames, for clients. Only a frame that chunk boundaries cut is copied, and only once. */
export class FrameReader {
  readonly #reader: SizedReader;

  /** @param maxDataBytes largest frame data to accept; nsqd sends at most 26 + `--max-msg-size` */
  constructor(onFrame: OnFrame, maxDataBytes: number) {
    this.#reader = new SizedReader(
      (buf, from, to) => onFrame(buf.readInt32BE(from), buf.subarray(from + TYPE_BYTES, to)),
      'frame',
      TYPE_BYTES,
      TYPE_BYTES + maxDataBytes,
    );
  }

  /** Bytes of an unfinished frame that are held. */
  get pendingBytes(): number {
    return this.#reader.pendingBytes;
  }

  /** @throws {ProtocolError} `E_BAD_MESSAGE` when a frame announces a size that it cannot have; the reader is of no use after it */
  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }
}
