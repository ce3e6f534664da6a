/** What a message can be made of. Bytes are sent as they are and must not change until they are; a string is sent as UTF-8. */
export type Body = Buffer | Uint8Array | string;

/** A view where it can be one. */
export function toBuffer(body: Body): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** Count, then size and bytes of each: what follows the length of an MPUB, and the body of a binary /mpub. */
export function packMpub(bodies: readonly Buffer[]): Buffer {
  let bytes = 4;
  for (const body of bodies) bytes += 4 + body.length;
  const out = Buffer.allocUnsafe(bytes);
  let at = out.writeInt32BE(bodies.length, 0);
  for (const body of bodies) {
    at = out.writeInt32BE(body.length, at);
    at += body.copy(out, at);
  }
  return out;
}
