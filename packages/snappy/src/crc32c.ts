/** The Castagnoli polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
const MASK_DELTA = 0xa282ead8;

/** `TABLE[256 * k + b]`: what byte `b` does to a checksum k bytes later. */
const TABLE = new Int32Array(256 * SLICES);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  TABLE[byte] = crc;
}
for (let i = 256; i < TABLE.length; i++) {
  const before = TABLE[i - 256] as number;
  TABLE[i] = (before >>> 8) ^ (TABLE[before & 0xff] as number);
}

/** CRC-32C, as an unsigned 32-bit number. Node's own `crc32` is of another polynomial. */
export function crc32c(data: Uint8Array): number {
  const table = TABLE;
  const sliced = data.length - (data.length % SLICES);
  let crc = -1;
  let i = 0;
  // Eight bytes at a time, which depend on each other only through one exclusive or.
  for (; i < sliced; i += SLICES) {
    crc ^= (data[i] as number) | ((data[i + 1] as number) << 8) | ((data[i + 2] as number) << 16) | ((data[i + 3] as number) << 24);
    crc =
      (table[1792 + (crc & 0xff)] as number) ^
      (table[1536 + ((crc >>> 8) & 0xff)] as number) ^
      (table[1280 + ((crc >>> 16) & 0xff)] as number) ^
      (table[1024 + (crc >>> 24)] as number) ^
      (table[768 + (data[i + 4] as number)] as number) ^
      (table[512 + (data[i + 5] as number)] as number) ^
      (table[256 + (data[i + 6] as number)] as number) ^
      (table[data[i + 7] as number] as number);
  }
  for (; i < data.length; i++) crc = (crc >>> 8) ^ (table[(crc ^ (data[i] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

/** As snappy's frames carry it: a checksum of data that holds checksums would be weak. */
export function maskedCrc32c(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
