import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import type { Codec } from './codec.js';

/** Plain bytes that one step makes at most: however much a stream inflates to, so much is held at a time. */
const PIECE_BYTES = 64 * 1024;

/** Raw DEFLATE, one stream in each direction that never ends: each write is flushed, and so is the last one. @param level 1 to 9 */
export function deflateCodec(level: number): Codec {
  const flushing = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
  return {
    name: 'deflate',
    compressor: createDeflateRaw({ level, ...flushing }),
    decompressor: createInflateRaw({ chunkSize: PIECE_BYTES, ...flushing }),
  };
}
