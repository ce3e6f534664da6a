import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pem } from '../tcp/certificates.js';

/** What an auth server answers with 200, unless there is a status. */
export interface Reply {
  readonly status?: number;
  readonly body?: string;
}

type Answer = (secret: string, response: ServerResponse) => Reply | undefined;

/** An answer with permissions, as `topic`, `channels` and `permissions` in one text: `^orders .* publish,subscribe`. */
export function granting(...rules: readonly string[]): Reply {
  return grant({}, ...rules);
}

/** The same with other members. */
export function grant(members: object, ...rules: readonly string[]): Reply {
  const authorizations = rules.map((rule) => {
    const [topic, channel, permissions = ''] = rule.split(' ');
    return { topic, channels: channel === '-' ? [] : [channel], permissions: permissions.split(',') };
  });
  return { body: JSON.stringify({ ttl: 3600, identity: 'alice', identity_url: 'http://alice.example', authorizations, ...members }) };
}

/** An auth server on a free port. */
export class AuthServer {
  /** What comes back; undefined when `answer` has dealt with the response itself, or not at all. */
  answer: Answer;
  /** The requests so far: method and URL. */
  readonly asked: string[] = [];
  readonly bodies: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  readonly #server: Server;
  readonly #scheme: string;

  constructor(answer: Answer, secure = false) {
    this.answer = answer;
    const listener: RequestListener = (request, response) => this.#take(request, response);
    this.#scheme = secure ? 'https' : 'http';
    this.#server = secure ? createSecureServer({ cert: pem('server.pem'), key: pem('server.key') }, listener) : createServer(listener);
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `${this.#scheme}://localhost:${this.port}/auth`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    this.asked.push(`${request.method} ${url}`);
    this.headers.push(request.headers);
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      this.bodies.push(body);
      const secret = new URLSearchParams(url.split('?')[1]).get('secret') ?? '';
      const reply = this.answer(secret, response);
      if (reply !== undefined) response.writeHead(reply.status ?? 200).end(reply.body ?? '');
    });
  }
}

/** Runs a test with an auth server. */
export async function withAuthServer(answer: Answer, test: (server: AuthServer) => Promise<void>): Promise<void> {
  const server = await new AuthServer(answer).listen();
  try {
    await test(server);
  } finally {
    await server.close();
  }
}
