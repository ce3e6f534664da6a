import type { Transform } from 'node:stream';

/** The two halves of a compression. Both are done with a write only when what it makes has been taken. */
export interface Codec {
  readonly name: 'deflate' | 'snappy';
  /** Plain bytes in; all that the peer needs to read them comes out of each write. */
  readonly compressor: Transform;
  /** The peer's bytes in, cut anywhere, plain bytes out. Fails with an error where they are damaged. */
  readonly decompressor: Transform;
}
