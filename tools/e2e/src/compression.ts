import { constants, createInflateRaw, deflateRawSync } from 'node:zlib';
import { SnappyReader, SnappyWriter } from './snappy-wire.js';

const DEFAULT_LEVEL = 6;

/** A compression as a client sees it. */
export interface Compression {
  /** All that the daemon needs to read `plain`. */
  encode(plain: Buffer): Buffer;
  decode(bytes: Buffer): void;
  /** Resolves when all that was given to `decode` has come out. */
  settled(): Promise<void>;
}

/**
 * @param plain is given what the daemon says, piece by piece
 * @param failed is told what makes the daemon's side of it unreadable
 * @param level of deflate
 */
export function compressionOf(
  name: 'snappy' | 'deflate',
  plain: (bytes: Buffer) => void,
  failed: (error: Error) => void,
  level = DEFAULT_LEVEL,
): Compression {
  return name === 'deflate' ? deflate(plain, failed, level) : snappy(plain, failed);
}

function deflate(plain: (bytes: Buffer) => void, failed: (error: Error) => void, level: number): Compression {
  const inflate = createInflateRaw();
  inflate.on('data', plain).on('error', failed);
  return {
    encode: (bytes) => deflateRawSync(bytes, { level, finishFlush: constants.Z_SYNC_FLUSH }),
    decode: (bytes) => inflate.write(bytes),
    settled: () =>
      new Promise((resolve) => {
        inflate.write(Buffer.alloc(0), () => resolve());
      }),
  };
}

function snappy(plain: (bytes: Buffer) => void, failed: (error: Error) => void): Compression {
  const writer = new SnappyWriter();
  const reader = new SnappyReader();
  return {
    encode: (bytes) => writer.encode(bytes),
    decode: (bytes) => {
      try {
        plain(reader.push(bytes));
      } catch (error) {
        failed(error as Error);
      }
    },
    settled: () => Promise.resolve(),
  };
}
