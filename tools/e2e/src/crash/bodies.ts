const LARGE_EVERY = 199;
const LARGE_BYTES = 40_000;
const HEAD_BYTES = 8;

function sizeOf(message: number): number {
  const spread = Math.imul(message + 1, 0x9e3779b1) >>> 0;
  return HEAD_BYTES + (message % LARGE_EVERY === 0 ? LARGE_BYTES : spread % 600);
}

/** The body of message number `message`: the number, then bytes that follow from it. */
export function bodyOf(message: number): Buffer {
  const body = Buffer.alloc(sizeOf(message), message & 0xff);
  body.writeUInt32BE(message, 0);
  body.writeUInt32BE(message, body.length - 4);
  return body;
}

/** The number of a message. @throws {Error} when the body is not the one that was sent */
export function numberOf(body: Buffer): number {
  const message = body.length < HEAD_BYTES ? -1 : body.readUInt32BE(0);
  if (message < 0 || !body.equals(bodyOf(message))) throw new Error(`a body of ${body.length} bytes that nobody sent`);
  return message;
}
