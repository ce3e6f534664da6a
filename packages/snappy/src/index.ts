export type { Codec } from './codec.js';
export { CompressedSocket } from './compressed-socket.js';
export { crc32c, maskedCrc32c } from './crc32c.js';
export { deflateCodec } from './deflate.js';
export { MAX_BLOCK_BYTES, SnappyError, compressBlock, maxBlockBytes, uncompressBlock } from './snappy-block.js';
export { SnappyDecoder, SnappyEncoder } from './snappy-frames.js';
export { snappyCodec } from './snappy-streams.js';
