import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

export interface HttpSenderOptions {
  /** Requests to one host at a time. */
  readonly concurrency: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds for all of a request, redirects included. */
  readonly requestTimeout: number;
  /** By lower case name. */
  readonly headers: Readonly<Record<string, string>>;
}

interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

const MAX_REDIRECTS = 10;
/** Not for another host. */
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'www-authenticate']);

/** Sends requests over connections that stay open, and follows redirects as browsers do. */
export class HttpSender {
  readonly #options: HttpSenderOptions;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor(options: HttpSenderOptions) {
    this.#options = options;
    const pool = { keepAlive: true, maxSockets: options.concurrency };
    this.#http = new HttpAgent(pool);
    this.#https = new HttpsAgent(pool);
  }

  /** The status of the last answer. @throws {Error} when there is none in time */
  async send(method: 'GET' | 'POST', url: string, body: Buffer | null): Promise<number> {
    const deadline = AbortSignal.timeout(this.#options.requestTimeout);
    let call: HttpCall = { method, url: new URL(url), headers: this.#options.headers, body };
    for (let redirects = 0; ; redirects++) {
      const { status, location } = await this.#once(call, deadline);
      if (location === null) return status;
      if (redirects === MAX_REDIRECTS) throw new Error(`${url}: more than ${MAX_REDIRECTS} redirects`);
      call = redirected(call, status, location);
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #once(call: HttpCall, deadline: AbortSignal): Promise<Answer> {
    const first = this.#start(call);
    try {
      return await this.#answer(first, call, deadline);
    } catch (error) {
      // The host has closed an idle connection just when it was used again: that says nothing of the request.
      if (!first.reusedSocket || (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
      return this.#answer(this.#start(call), call, deadline);
    }
  }

  #start({ method, url, headers, body }: HttpCall): ClientRequest {
    const all: OutgoingHttpHeaders = { ...headers, ...(body === null ? {} : { 'content-length': body.length }) };
    return url.protocol === 'https:'
      ? requestHttps(url, { method, agent: this.#https, headers: all })
      : requestHttp(url, { method, agent: this.#http, headers: all });
  }

  #answer(request: ClientRequest, { url, body }: HttpCall, deadline: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let connecting: NodeJS.Timeout | undefined;
      const over = (): void => {
        clearTimeout(connecting);
        deadline.removeEventListener('abort', late);
      };
      const fail = (error: Error): void => {
        over();
        request.destroy();
        reject(error.message === '' ? new Error(`${url.origin}: ${(error as NodeJS.ErrnoException).code ?? 'cannot connect'}`) : error);
      };
      const late = (): void => fail(new Error(`${url.origin}: no answer within ${this.#options.requestTimeout} ms`));
      deadline.addEventListener('abort', late);
      if (deadline.aborted) late();
      request.on('error', fail);
      request.on('socket', (socket) => {
        if (!socket.connecting) return;
        const { connectTimeout } = this.#options;
        connecting = setTimeout(() => fail(new Error(`${url.origin}: not connected within ${connectTimeout} ms`)), connectTimeout);
        socket.once('connect', () => clearTimeout(connecting));
      });
      request.on('response', (response: IncomingMessage) => {
        const answer = { status: response.statusCode ?? 0, location: locationOf(response, url) };
        // Read to the end so that the connection can be used again. The status counts, whatever becomes of the rest.
        response
          .on('error', () => undefined)
          .once('close', () => {
            over();
            resolve(answer);
          });
        response.resume();
      });
      request.end(body ?? undefined);
    });
  }
}

interface Answer {
  readonly status: number;
  /** Where to go on. */
  readonly location: URL | null;
}

function locationOf({ statusCode = 0, headers }: IncomingMessage, base: URL): URL | null {
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return null;
  return URL.canParse(headers.location, base.href) ? new URL(headers.location, base.href) : null;
}

/** @param status 301, 302 and 303 turn a POST into a GET, 307 and 308 repeat it */
function redirected(call: HttpCall, status: number, url: URL): HttpCall {
  const headers = Object.fromEntries(
    Object.entries(call.headers).filter(([name]) => url.host === call.url.host || !SECRET_HEADERS.has(name)),
  );
  if (status >= 307) return { ...call, url, headers };
  delete headers['content-type'];
  return { method: 'GET', url, headers, body: null };
}
