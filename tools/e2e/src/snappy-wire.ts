/*
 * Snappy's framing format as a client speaks it. It shares no code with the daemon's, so that the two do not agree on a mistake.
 *
 *   type 1 | size 3, LE | masked CRC-32C of the content 4, LE | block (type 0) or content (type 1)
 */
const IDENTIFIER = Buffer.from('ff060000734e61507059', 'hex');
const COMPRESSED = 0;
const STORED = 1;
const MOST_CONTENT = 65_536;
const MOST_COPY = 64;
const SHORTEST_COPY = 4;
const SHORT_LITERAL = 60;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function maskedChecksum(content: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of content) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A stream: the identifier, then chunks of at most 64 KiB of content. Each call of `encode` can be read as far as it goes. */
export class SnappyWriter {
  #begun = false;

  encode(data: Buffer): Buffer {
    const out: Buffer[] = this.#begun ? [] : [IDENTIFIER];
    this.#begun = true;
    for (let at = 0; at < data.length; at += MOST_CONTENT) out.push(chunkOf(data.subarray(at, at + MOST_CONTENT)));
    return Buffer.concat(out);
  }
}

function chunkOf(content: Buffer): Buffer {
  const block = blockOf(content);
  const smaller = block.length < content.length;
  const head = Buffer.alloc(8);
  head[0] = smaller ? COMPRESSED : STORED;
  head.writeUIntLE((smaller ? block : content).length + 4, 1, 3);
  head.writeUInt32LE(maskedChecksum(content), 4);
  return Buffer.concat([head, smaller ? block : content]);
}

/** Literals, and copies of at most 64 bytes from what came before. */
function blockOf(content: Buffer): Buffer {
  const out: Buffer[] = [varint(content.length)];
  const seen = new Map<number, number>();
  let literal = 0; // where the literal that is not written yet begins
  for (let at = 0; at + SHORTEST_COPY <= content.length;) {
    const key = content.readUInt32LE(at);
    const from = seen.get(key);
    seen.set(key, at);
    if (from === undefined) {
      at++;
      continue;
    }
    let length = SHORTEST_COPY;
    while (length < MOST_COPY && at + length < content.length && content[from + length] === content[at + length]) length++;
    const offset = at - from;
    out.push(literalOf(content.subarray(literal, at)), Buffer.of(((length - 1) << 2) | 2, offset & 0xff, offset >> 8));
    at += length;
    literal = at;
  }
  out.push(literalOf(content.subarray(literal)));
  return Buffer.concat(out);
}

function literalOf(bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  const rest = bytes.length - 1;
  return Buffer.concat([rest < SHORT_LITERAL ? Buffer.of(rest << 2) : Buffer.of(61 << 2, rest & 0xff, rest >> 8), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.of(...bytes, rest);
}

/** Reads a stream that is cut anywhere. */
export class SnappyReader {
  #rest: Buffer = Buffer.alloc(0);

  /** What can be read now. @throws {Error} when the stream is damaged */
  push(bytes: Buffer): Buffer {
    const input = Buffer.concat([this.#rest, bytes]);
    const out: Buffer[] = [];
    let at = 0;
    for (; input.length - at >= 4; at += 4 + input.readUIntLE(at + 1, 3)) {
      const type = input[at] ?? 0;
      const end = at + 4 + input.readUIntLE(at + 1, 3);
      if (input.length < end) break;
      if (type > STORED) {
        if (type < 0x80) throw new Error(`a chunk of type ${type}`);
        continue;
      }
      const body = input.subarray(at + 8, end);
      const content = type === STORED ? body : contentOf(body);
      if (input.readUInt32LE(at + 4) !== maskedChecksum(content)) throw new Error('wrong checksum');
      out.push(content);
    }
    this.#rest = input.subarray(at);
    return Buffer.concat(out);
  }
}

function contentOf(block: Buffer): Buffer {
  let at = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = block[at++] ?? 0;
    size |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (size > MOST_CONTENT) throw new Error(`a block of ${size} bytes`);
  const out = Buffer.alloc(size);
  let to = 0;
  while (at < block.length) {
    const tag = block[at++] ?? 0;
    if ((tag & 3) === 0) {
      let length = tag >> 2;
      const extra = Math.max(0, length - SHORT_LITERAL + 1);
      if (extra > 0) length = block.readUIntLE(at, extra);
      at += extra;
      to += block.copy(out, to, at, at + length + 1);
      at += length + 1;
      continue;
    }
    const short = (tag & 3) === 1;
    const length = short ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const bytes = short ? 1 : (tag & 3) === 2 ? 2 : 4;
    const offset = block.readUIntLE(at, bytes) + (short ? (tag >> 5) << 8 : 0);
    at += bytes;
    for (let end = to + length; to < end; to++) out[to] = out[to - offset] ?? 0;
  }
  return out;
}
