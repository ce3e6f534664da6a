import net from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { LogLevel } from '@nsq/options';
import { bindHttp, createHttpServer, Logger, type HttpServerOptions } from '../src/index.js';

/** A logger that keeps its lines, without time. */
export function testLogger(level: LogLevel = 'debug'): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const logger = new Logger({ level, clock: () => 0, write: (line) => lines.push(line.replace(/^\S+ \S+ /, '').trimEnd()) });
  return { logger, lines };
}

const open = new Set<FastifyInstance>();

/** A server on a free port of 127.0.0.1; `closeServers` in `afterEach` ends it. */
export async function startServer(
  setUp: (server: FastifyInstance) => void,
  options: Partial<HttpServerOptions> = {},
): Promise<{ server: FastifyInstance; port: number; lines: string[] }> {
  const { logger, lines } = testLogger();
  const server = createHttpServer({ logger, ...options });
  setUp(server);
  open.add(server);
  const bound = await bindHttp(server, { kind: 'tcp', host: '127.0.0.1', port: 0 });
  return { server, port: (bound as net.AddressInfo).port, lines };
}

export async function closeServers(): Promise<void> {
  const servers = [...open];
  open.clear();
  await Promise.all(servers.map((server) => server.close()));
}

/** A connection that keeps all it received. */
export class Client {
  readonly socket: net.Socket;
  received = '';
  readonly ended: Promise<void>;

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => (this.received += text));
    this.socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  send(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  /** Resolves when what was received so far matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${pattern} in ${JSON.stringify(this.received)}`)), 5000);
        const again = (): void => {
          clearTimeout(timer);
          this.socket.off('data', again).off('close', again);
          resolve();
        };
        if (this.socket.destroyed && !pattern.test(this.received)) {
          clearTimeout(timer);
          reject(new Error(`closed without ${pattern}: ${JSON.stringify(this.received)}`));
        } else this.socket.once('data', again).once('close', again);
      });
    }
    return this.received;
  }
}
