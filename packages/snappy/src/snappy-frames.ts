import { maskedCrc32c } from './crc32c.js';
import { MAX_BLOCK_BYTES, SnappyError, compressBlock, maxBlockBytes, uncompressBlock } from './snappy-block.js';

/*
 *   +------+-----------+-------------------------------+-----------------------+
 *   | type | size, LE  | masked CRC-32C of the content | content or its block  |
 *   | 1    | 3         | 4                             | size - 4              |
 *   +------+-----------+-------------------------------+-----------------------+
 */
const HEADER_BYTES = 4;
const CRC_BYTES = 4;
const PREFIX_BYTES = HEADER_BYTES + CRC_BYTES;
/** What the reference takes for the longest chunk. */
const MAX_CHUNK_BYTES = 76_494;
const EMPTY = Buffer.alloc(0);
const STREAM_IDENTIFIER = Buffer.from('ff060000734e61507059', 'hex');

const ChunkType = { Compressed: 0x00, Plain: 0x01, FirstSkippable: 0x80, Identifier: 0xff } as const;

/** Makes a stream of snappy's framing format. Every piece can be read by itself once those before it have been. */
export class SnappyEncoder {
  #begun = false;

  /** Chunks of at most 64 KiB of content each, compressed where that saves an eighth; the first time behind the stream identifier. */
  encode(data: Buffer): Buffer {
    const blocks = Math.ceil(data.length / MAX_BLOCK_BYTES);
    const out = Buffer.allocUnsafe(STREAM_IDENTIFIER.length + blocks * PREFIX_BYTES + maxBlockBytes(data.length) + blocks * 32);
    let pos = 0;
    if (!this.#begun) pos = STREAM_IDENTIFIER.copy(out);
    this.#begun = true;
    for (let from = 0; from < data.length; from += MAX_BLOCK_BYTES) {
      pos = putChunk(out, pos, data.subarray(from, from + MAX_BLOCK_BYTES));
    }
    return out.subarray(0, pos);
  }
}

function putChunk(out: Buffer, at: number, content: Buffer): number {
  const begin = at + PREFIX_BYTES;
  let end = compressBlock(content, out, begin);
  const saves = end - begin < content.length - Math.floor(content.length / 8);
  if (!saves) end = begin + content.copy(out, begin);
  out[at] = saves ? ChunkType.Compressed : ChunkType.Plain;
  out.writeUIntLE(end - begin + CRC_BYTES, at + 1, 3);
  out.writeUInt32LE(maskedCrc32c(content), at + HEADER_BYTES);
  return end;
}

/** Reads a stream of snappy's framing format. What is pushed may be cut anywhere; content comes out chunk by chunk, as it is asked for. */
export class SnappyDecoder {
  #input: Buffer = EMPTY;
  #begun = false;
  #skip = 0; // bytes of a chunk without content that are still to come
  #cut: Buffer[] = []; // what has come of a chunk, until all of it is there
  #have = 0; // bytes in #cut
  #need = 0; // bytes that #cut must reach; 0 when nothing is cut

  /** Takes input. All content must have been taken with `next` before. */
  push(bytes: Buffer): void {
    if (this.#need === 0) {
      this.#input = bytes;
      return;
    }
    this.#cut.push(bytes);
    this.#have += bytes.length;
    if (this.#have < this.#need) return;
    this.#input = Buffer.concat(this.#cut, this.#have);
    this.#cut = [];
    this.#need = 0;
  }

  /**
   * The content of the next chunk, or null when it has not arrived.
   * @throws {SnappyError} when it is damaged; the stream cannot be read on
   */
  next(): Buffer | null {
    for (;;) {
      this.#skipInput();
      const input = this.#input;
      if (input.length === 0) return null;
      if (input.length < HEADER_BYTES) return this.#await(HEADER_BYTES);
      const type = input[0] as number;
      const size = input.readUIntLE(1, 3);
      const end = HEADER_BYTES + size;
      if (!this.#begun && type !== ChunkType.Identifier) throw new SnappyError('no stream identifier');
      this.#skip = end;
      if (type === ChunkType.Compressed || type === ChunkType.Plain) {
        if (size < CRC_BYTES || size > MAX_CHUNK_BYTES) throw new SnappyError(`chunk of ${size} bytes`);
        if (input.length < end) return this.#await(end);
        const content = read(type, input.subarray(HEADER_BYTES, end));
        if (content.length > 0) return content;
      } else if (type === ChunkType.Identifier) {
        if (end !== STREAM_IDENTIFIER.length) throw new SnappyError('wrong stream identifier');
        if (input.length < end) return this.#await(end);
        if (!input.subarray(0, end).equals(STREAM_IDENTIFIER)) throw new SnappyError('wrong stream identifier');
        this.#begun = true;
      } else if (type < ChunkType.FirstSkippable) {
        throw new SnappyError(`chunk of unknown type ${type}`);
      }
    }
  }

  #await(bytes: number): null {
    this.#skip = 0;
    this.#need = bytes;
    this.#have = this.#input.length;
    this.#cut = [this.#input];
    this.#input = EMPTY;
    return null;
  }

  #skipInput(): void {
    const count = Math.min(this.#skip, this.#input.length);
    if (count === 0) return;
    this.#input = this.#input.subarray(count);
    this.#skip -= count;
  }
}

function read(type: number, chunk: Buffer): Buffer {
  const body = chunk.subarray(CRC_BYTES);
  if (type === ChunkType.Plain && body.length > MAX_BLOCK_BYTES) throw new SnappyError(`chunk of ${body.length} bytes`);
  const content = type === ChunkType.Plain ? body : uncompressBlock(body, MAX_BLOCK_BYTES);
  if (chunk.readUInt32LE(0) !== maskedCrc32c(content)) throw new SnappyError('wrong checksum');
  return content;
}
