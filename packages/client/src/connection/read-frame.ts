import type { Duplex } from 'node:stream';
import { NsqConnectionError } from '../errors.js';

export interface Frame {
  readonly type: number;
  readonly data: Buffer;
}

const SIZE_BYTES = 4;
const MIN_SIZE = 4;
/** Answers to IDENTIFY and AUTH are a few hundred bytes. */
const MAX_SIZE = 64 * 1024;

/** Reads one frame and not a byte more: what lies behind it may belong to another layer. The stream is paused afterwards. */
export function readFrame(stream: Duplex, address: string): Promise<Frame> {
  return new Promise((resolve, reject) => {
    let held: Buffer | null = null;
    const settle = (): void => {
      stream.off('data', onData).off('error', onEnd).off('end', onEnd).off('close', onEnd);
      stream.pause();
    };
    const onEnd = (error?: Error): void => {
      settle();
      reject(new NsqConnectionError('ERR_NSQ_CONNECT', error?.message ?? 'the connection was closed', address, error));
    };
    const onData = (chunk: Buffer): void => {
      held = held === null ? chunk : Buffer.concat([held, chunk]);
      if (held.length < SIZE_BYTES) return;
      const size = held.readInt32BE(0);
      if (size < MIN_SIZE || size > MAX_SIZE) {
        settle();
        reject(new NsqConnectionError('ERR_NSQ_PROTOCOL', `a frame of ${size} bytes; is this an nsqd?`, address));
        return;
      }
      const end = SIZE_BYTES + size;
      if (held.length < end) return;
      settle();
      if (held.length > end) stream.unshift(held.subarray(end));
      resolve({ type: held.readInt32BE(SIZE_BYTES), data: held.subarray(SIZE_BYTES + MIN_SIZE, end) });
    };
    if (stream.destroyed) {
      onEnd(stream.errored ?? undefined);
      return;
    }
    stream.on('data', onData).on('error', onEnd).on('end', onEnd).on('close', onEnd);
    stream.resume();
  });
}
