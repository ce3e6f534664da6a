import { createServer as createHttpServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { encodeLookupReply } from '@nsq/protocol';
import { eventually } from '../tcp/daemon.js';

const HOST = '127.0.0.1';
const MAGIC = '  V1';
const SIZE_BYTES = 4;
const OK = encodeLookupReply('OK');

/** One connection of an nsqd. */
export interface LookupSession {
  readonly socket: Socket;
  /** Whole commands, without the newline; IDENTIFY with its body behind a space. */
  readonly lines: string[];
  closed: boolean;
}

/** What to do about a command, instead of the right thing. Null to say nothing. */
export type Answering = (line: string, session: LookupSession) => Buffer | null;

/** An nsqlookupd of a test: writes down what is said to it and answers as it is told to. */
export class FakeLookupd {
  readonly sessions: LookupSession[] = [];
  /** Requests, as `GET /channels?topic=t`. */
  readonly asked: string[] = [];
  /** By default each command is answered as it should be. */
  answer: Answering;
  /** By default no topic has channels. */
  onRequest: (url: string, response: ServerResponse) => void = (_, response) => response.end('{"channels":[]}');
  readonly #tcp: Server;
  readonly #http: HttpServer;

  private constructor() {
    this.answer = (line) => (line.startsWith('IDENTIFY') ? this.identity : OK);
    this.#tcp = createServer({ noDelay: true }, (socket) => this.#serve(socket));
    this.#http = createHttpServer((request, response) => {
      this.asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      this.onRequest(request.url ?? '', response);
    });
  }

  static async start(): Promise<FakeLookupd> {
    const fake = new FakeLookupd();
    for (const server of [fake.#tcp, fake.#http]) await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    return fake;
  }

  async close(): Promise<void> {
    for (const { socket } of this.sessions) socket.destroy();
    this.#http.closeAllConnections();
    await Promise.all([this.#tcp, this.#http].map((server) => new Promise((resolve) => server.close(resolve))));
  }

  /** For `nsqlookupdTcpAddresses`. */
  get address(): string {
    return `${HOST}:${portOf(this.#tcp)}`;
  }

  get httpPort(): number {
    return portOf(this.#http);
  }

  /** The right answer to IDENTIFY. */
  get identity(): Buffer {
    const identity = { broadcast_address: HOST, hostname: 'h', http_port: this.httpPort, tcp_port: portOf(this.#tcp), version: '1.3.0' };
    return encodeLookupReply(JSON.stringify(identity));
  }

  /** Topics have these channels. */
  knows(channels: readonly string[]): void {
    this.onRequest = (_, response) => response.end(JSON.stringify({ channels }));
  }

  /** The last connection; waits for the first. */
  async session(): Promise<LookupSession> {
    await eventually('a connection', () => this.sessions.length > 0);
    return this.sessions.at(-1) as LookupSession;
  }

  /** Waits until this many connections have been made in all, and gives the last of them. */
  async connections(count: number): Promise<LookupSession> {
    await eventually(`${count} connections`, () => this.sessions.length >= count);
    return this.session();
  }

  /** Waits until all of these have been said on the last connection. */
  async heard(...lines: readonly string[]): Promise<void> {
    await eventually(`to hear ${lines.join(', ')}`, () => lines.every((line) => this.sessions.at(-1)?.lines.includes(line)));
  }

  #serve(socket: Socket): void {
    const session: LookupSession = { socket, lines: [], closed: false };
    this.sessions.push(session);
    let unread = '';
    let greeted = false;
    socket.on('error', () => undefined).on('close', () => (session.closed = true));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      unread += chunk;
      if (!greeted && unread.length >= MAGIC.length) {
        if (!unread.startsWith(MAGIC)) throw new Error(`magic ${unread}`);
        greeted = true;
        unread = unread.slice(MAGIC.length);
      }
      for (let line = greeted ? take() : undefined; line !== undefined; line = take()) {
        session.lines.push(line);
        const answer = this.answer(line, session);
        if (answer !== null && !socket.destroyed) socket.write(answer);
      }
    });
    const take = (): string | undefined => {
      const end = unread.indexOf('\n');
      if (end < 0) return undefined;
      let line = unread.slice(0, end);
      let next = end + 1;
      if (line === 'IDENTIFY') {
        if (unread.length < next + SIZE_BYTES) return undefined;
        const size = Buffer.from(unread.slice(next, next + SIZE_BYTES), 'latin1').readInt32BE(0);
        next += SIZE_BYTES;
        if (unread.length < next + size) return undefined;
        line += ` ${unread.slice(next, next + size)}`;
        next += size;
      }
      unread = unread.slice(next);
      return line;
    };
  }
}

function portOf(server: Server | HttpServer): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
