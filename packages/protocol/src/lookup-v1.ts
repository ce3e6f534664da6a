import { withBody } from './commands.js';
import { validChannel, validTopic } from './names.js';
import { SizedReader } from './sized-reader.js';

/** What an nsqd sends first to an nsqlookupd. */
export const MAGIC_LOOKUP_V1 = Buffer.from('  V1');
/** No reply of an nsqlookupd needs more than this many bytes. */
const MAX_REPLY_BYTES = 1024 * 1024;

/** What an nsqd says of itself to an nsqlookupd; ports are 1 to 65 535, strings not empty. */
export interface LookupPeerInfo {
  broadcast_address: string;
  hostname: string;
  http_port: number;
  tcp_port: number;
  version: string;
}

export const LOOKUP_PING = Buffer.from('PING\n');

export function encodeLookupIdentify(info: LookupPeerInfo): Buffer {
  return withBody('IDENTIFY\n', Buffer.from(JSON.stringify(info)));
}

function registration(command: string, topic: string, channel: string): Buffer {
  const line = `${command} ${validTopic(command, topic)}`;
  return Buffer.from(channel === '' ? `${line}\n` : `${line} ${validChannel(command, channel)}\n`);
}

/** @param channel empty for the topic alone @throws {ProtocolError} `E_BAD_TOPIC` or `E_BAD_CHANNEL` */
export function encodeRegister(topic: string, channel = ''): Buffer {
  return registration('REGISTER', topic, channel);
}

/** @param channel empty for the topic with all its channels @throws {ProtocolError} `E_BAD_TOPIC` or `E_BAD_CHANNEL` */
export function encodeUnregister(topic: string, channel = ''): Buffer {
  return registration('UNREGISTER', topic, channel);
}

/** A reply of nsqlookupd: four bytes of length, then the data; success and error look the same. */
export function encodeLookupReply(data: Buffer | string): Buffer {
  return withBody('', Buffer.from(data));
}

/** Splits what an nsqlookupd answers into replies, one for each command in order. A reply is a view, as in FrameReader. */
export class LookupReplyReader {
  readonly #reader: SizedReader;

  /** @param maxBytes largest reply to accept. Default 1 MiB, more than any nsqlookupd needs */
  constructor(onReply: (data: Buffer) => void, maxBytes = MAX_REPLY_BYTES) {
    this.#reader = new SizedReader((buf, from, to) => onReply(buf.subarray(from, to)), 'reply', 0, maxBytes);
  }

  /** @throws {ProtocolError} `E_BAD_MESSAGE` when a reply announces a size below 0 or above the bound; the reader is of no use after it */
  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }
}
