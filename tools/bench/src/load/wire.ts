import { connect, type Socket } from 'node:net';

export const OK_BYTES = 10;
export const READ_BYTES = 256 * 1024;
export const MAGIC = '  V2';
const CONNECT_MS = 10_000;

/** Gets what was read; the bytes are overwritten by the next read. Returns false to stop reading until `resume()`. */
export type OnBytes = (bytes: Buffer, length: number) => boolean;

/** A length of four bytes, and the body. */
export function sized(body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

/** One PUB command. */
export function pubCommand(topic: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`PUB ${topic}\n`), sized(body)]);
}

/** One MPUB command with `count` messages of `bodyBytes` each. */
export function mpubCommand(topic: string, count: number, bodyBytes: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(count);
  const messages = Array.from({ length: count }, (_, index) => sized(bodyOf(index, bodyBytes)));
  return Buffer.concat([Buffer.from(`MPUB ${topic}\n`), sized(Buffer.concat([head, ...messages]))]);
}

/** Text such as events are made of: some of it comes again in each message, some does not. */
function bodyOf(index: number, bytes: number): Buffer {
  const digits = (salt: number): string => (Math.imul(index + salt, 0x9e3779b1) >>> 0).toString(16);
  let text = '';
  for (let part = 0; text.length < bytes; part++) {
    text += `{"id":"${digits(part * 31)}${digits(part * 17 + 7)}","event":"page_view","user":${parseInt(digits(part + 3), 16)},"path":"/articles/${digits(part * 5 + 1)}"}`;
  }
  return Buffer.from(text.slice(0, bytes));
}

/**
 * Connects and sends `first` behind the magic and IDENTIFY with these settings; `answers` bytes of OKs must come back.
 * Reading is into one buffer that all reads share; from then on it goes to `onBytes`, an early end to `onEnd` with the last bytes as text.
 */
export function open(
  where: { readonly host: string; readonly port: number },
  setup: { readonly identify: object; readonly commands?: string },
  onBytes: OnBytes,
  onEnd: (why: string) => void,
  { readBytes = READ_BYTES }: { readonly readBytes?: number } = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let due = OK_BYTES * (setup.commands === undefined ? 1 : 2);
    let last = '';
    const socket = connect({
      host: where.host,
      port: where.port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(readBytes),
        callback: (length, buffer) => {
          const bytes = buffer as Buffer;
          if (due <= 0) return onBytes(bytes, length);
          last += bytes.toString('latin1', 0, length);
          due -= length;
          if (due === 0 && last.replace(/\0\0\0\x06\0\0\0\0OK/g, '') === '') resolve(socket);
          else if (due <= 0) socket.destroy(new Error(`expected OK, got ${JSON.stringify(last)}`));
          return true;
        },
      },
    });
    const timer = setTimeout(() => socket.destroy(new Error(`no connection to ${where.host}:${where.port}`)), CONNECT_MS);
    socket.once('error', (error) => {
      reject(error);
      onEnd(error.message);
    });
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`the daemon closed the connection after ${JSON.stringify(last)}`));
      onEnd('the daemon closed the connection');
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      const identify = Buffer.from(JSON.stringify(setup.identify));
      socket.write(Buffer.concat([Buffer.from(`${MAGIC}IDENTIFY\n`), sized(identify), Buffer.from(setup.commands ?? '')]));
    });
  });
}

/** Milliseconds on the machine's monotonic clock. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
