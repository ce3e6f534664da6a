import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly status?: number;
  readonly body?: string;
  /** Says nothing. */
  readonly silent?: boolean;
}

/** An HTTP API that answers what it is told to, and writes down what it was asked. */
export class FakeHttp {
  /** `GET /path?query` with the body behind it, when there is one. */
  readonly requests: string[] = [];
  readonly headers: NodeJS.Dict<string | string[]>[] = [];
  answer: (request: string) => Answer;
  readonly #server: Server;

  private constructor(answer: (request: string) => Answer) {
    this.answer = answer;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('latin1');
        const line = `${request.method ?? ''} ${request.url ?? ''}${body === '' ? '' : ` ${body}`}`;
        this.requests.push(line);
        this.headers.push(request.headers);
        const { status = 200, body: text = '', silent = false } = this.answer(line);
        if (!silent) response.writeHead(status).end(text);
      });
    });
  }

  static async start(answer: (request: string) => Answer = () => ({}), path?: string): Promise<FakeHttp> {
    const fake = new FakeHttp(answer);
    await new Promise<void>((resolve) =>
      path === undefined ? fake.#server.listen(0, '127.0.0.1', resolve) : fake.#server.listen(path, resolve),
    );
    return fake;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
