import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { parseListenAddress } from '@nsq/service';

/** How long resolving the address, opening the socket, and sending what is under way may each take. Milliseconds. */
const LIMIT_MS = 1000;

/** Where packets for statsd go. */
export interface StatsdSocket {
  /** Sends a datagram. `sent` is called once, with what went wrong or null; a packet that gets lost on its way went well. */
  send(packet: string, sent: (error: Error | null) => void): void;
  /** Waits a moment for what is under way, then closes. Never rejects. */
  close(): Promise<void>;
}

/**
 * A UDP socket for one push. The name is resolved each time, so that a statsd that moves is found again.
 * @param address `host:port`; an empty host is this one
 * @throws {Error} when the address cannot be read or resolved, or takes longer than a second
 */
export async function openUdp(address: string): Promise<StatsdSocket> {
  const { host, family, port } = await resolve(address);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    socket.bind({ port: 0, exclusive: true });
    await once(socket, 'listening', { signal: AbortSignal.timeout(LIMIT_MS) });
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', () => undefined); // each send reports its own
  return new UdpSocket(socket, host, port);
}

async function resolve(address: string): Promise<{ host: string; family: number; port: number }> {
  const parsed = parseListenAddress(address);
  if (parsed.kind !== 'tcp' || parsed.port === 0) throw new Error('missing port in address');
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('lookup timed out')), LIMIT_MS);
  });
  try {
    const found = await Promise.race([lookup(parsed.host === '' ? '127.0.0.1' : parsed.host, { all: true }), timeout]);
    const chosen = found.find(({ family }) => family === 4) ?? found[0];
    if (chosen === undefined) throw new Error('no such host');
    return { host: chosen.address, family: chosen.family, port: parsed.port };
  } finally {
    clearTimeout(timer);
  }
}

class UdpSocket implements StatsdSocket {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #port: number;
  #pending = 0;
  #idle: () => void = () => undefined;

  constructor(socket: Socket, host: string, port: number) {
    this.#socket = socket;
    this.#host = host;
    this.#port = port;
  }

  send(packet: string, sent: (error: Error | null) => void): void {
    this.#pending++;
    this.#socket.send(packet, this.#port, this.#host, (error) => {
      this.#pending--;
      sent(error);
      if (this.#pending === 0) this.#idle();
    });
  }

  async close(): Promise<void> {
    if (this.#pending > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LIMIT_MS);
        this.#idle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#socket.close();
  }
}
