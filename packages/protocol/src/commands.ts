import type { IdentifyRequest } from './identify.js';
import { validChannel, validTopic } from './names.js';

/** What a client sends first on every connection. */
export const MAGIC_V2 = Buffer.from('  V2');

export const NOP = Buffer.from('NOP\n');
export const CLS = Buffer.from('CLS\n');

/** A line, the length of a body and the body. */
export function withBody(line: string, body: Buffer): Buffer {
  const head = Buffer.from(line);
  const out = Buffer.allocUnsafe(head.length + 4 + body.length);
  head.copy(out);
  out.writeInt32BE(body.length, head.length);
  body.copy(out, head.length + 4);
  return out;
}

// nsqd takes nothing but digits and closes the connection for anything else.
function digits(what: string, value: number): string {
  if (Number.isSafeInteger(value) && value >= 0) return String(value);
  throw new RangeError(`${what} must be a whole number, 0 or more, got ${value}`);
}

export function encodeIdentify(request: IdentifyRequest): Buffer {
  return withBody('IDENTIFY\n', Buffer.from(JSON.stringify(request)));
}

export function encodeAuth(secret: Buffer | string): Buffer {
  return withBody('AUTH\n', Buffer.from(secret));
}

/** @throws {ProtocolError} `E_BAD_TOPIC` or `E_BAD_CHANNEL` */
export function encodeSub(topic: string, channel: string): Buffer {
  return Buffer.from(`SUB ${validTopic('SUB', topic)} ${validChannel('SUB', channel)}\n`);
}

/** @param body not empty @throws {ProtocolError} `E_BAD_TOPIC` */
export function encodePub(topic: string, body: Buffer): Buffer {
  return withBody(`PUB ${validTopic('PUB', topic)}\n`, body);
}

/**
 * @param deferMs how long the channels hold the message back, whole milliseconds from 0 to `--max-req-timeout`
 * @throws {ProtocolError} `E_BAD_TOPIC`
 * @throws {RangeError} when `deferMs` is negative or no whole number
 */
export function encodeDpub(topic: string, deferMs: number, body: Buffer): Buffer {
  return withBody(`DPUB ${validTopic('DPUB', topic)} ${digits('deferMs', deferMs)}\n`, body);
}

/** All bodies in one command: they are accepted together or not at all. At least one, none empty. @throws {ProtocolError} `E_BAD_TOPIC` */
export function encodeMpub(topic: string, bodies: readonly Buffer[]): Buffer {
  const line = Buffer.from(`MPUB ${validTopic('MPUB', topic)}\n`);
  let bytes = 4;
  for (const body of bodies) bytes += 4 + body.length;
  const out = Buffer.allocUnsafe(line.length + 4 + bytes);
  let at = line.copy(out);
  at = out.writeInt32BE(bytes, at);
  at = out.writeInt32BE(bodies.length, at);
  for (const body of bodies) {
    at = out.writeInt32BE(body.length, at);
    at += body.copy(out, at);
  }
  return out;
}

/**
 * @param count how many messages may be in flight to this connection: a ceiling, not a countdown
 * @throws {RangeError} when `count` is negative or no whole number
 */
export function encodeRdy(count: number): Buffer {
  return Buffer.from(`RDY ${digits('count', count)}\n`);
}

function withId(command: string, id: string, rest = ''): Buffer {
  return Buffer.from(`${command} ${id}${rest}\n`, 'latin1');
}

/** @param id as it came with the message, 16 characters; the same for REQ and TOUCH */
export function encodeFin(id: string): Buffer {
  return withId('FIN', id);
}

/**
 * @param delayMs how long to hold the message back, whole milliseconds; nsqd cuts it to `--max-req-timeout`
 * @throws {RangeError} when `delayMs` is negative or no whole number
 */
export function encodeReq(id: string, delayMs: number): Buffer {
  return withId('REQ', id, ` ${digits('delayMs', delayMs)}`);
}

export function encodeTouch(id: string): Buffer {
  return withId('TOUCH', id);
}
