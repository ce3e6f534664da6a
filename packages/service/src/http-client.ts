import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

const DEFAULT_MAX_SOCKETS = 256;
/** Longest time that a timer of Node can wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Of a body that an error quotes. */
const QUOTED_BYTES = 256;
const FORBIDDEN = 403;

export interface HttpClientOptions {
  /** For a connection, the lookup of a name included. Milliseconds; 0 or less for no limit. */
  readonly connectTimeout: number;
  /** For a whole request, to the last byte of its reply. Milliseconds; 0 or less for no limit. */
  readonly requestTimeout: number;
  /** Longest body of a reply. */
  readonly maxBodyBytes: number;
  /** Authorities and versions for https; asked at each request. @default those of Node */
  readonly tls?: () => SecureContextOptions;
  /** Requests to one server at a time; more wait, and the time they wait counts. @default 256 */
  readonly maxSockets?: number;
  /** @default none */
  readonly userAgent?: string;
  /** Resolves names. @default as Node does */
  readonly lookup?: LookupFunction;
}

export interface HttpClientRequest {
  /** In place of the client's. Milliseconds; 0 or less for no limit. */
  readonly requestTimeout?: number;
  /** Sends it as JSON with POST. @default GET without a body */
  readonly json?: string;
  /** Gives the request up. */
  readonly signal?: AbortSignal;
}

interface Reply {
  readonly status: number;
  readonly statusText: string;
  readonly body: Buffer;
}

/**
 * Asks other daemons over HTTP and HTTPS, as the reference's programs do: one connection for each request, its `Accept` header, 200 the
 * only success. A 403 over plain HTTP that names the port of an HTTPS listener, as a daemon answers that requires TLS, is repeated there.
 * Redirects are not followed.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #plain: http.Agent;
  readonly #secure: https.Agent;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    const agent = { keepAlive: false, maxSockets: options.maxSockets ?? DEFAULT_MAX_SOCKETS };
    this.#plain = new http.Agent(agent);
    this.#secure = new https.Agent({ ...agent, maxCachedSessions: 0 });
  }

  /**
   * The body of the reply.
   * @throws {Error} for anything but a 200 in time; the message has neither the URL nor what was sent, which may be secret
   */
  async request(url: string, request: HttpClientRequest = {}): Promise<Buffer> {
    const target = new URL(url);
    let reply = await this.#send(target, request);
    if (reply.status === FORBIDDEN && target.protocol === 'http:') {
      const port = httpsPort(reply.body);
      if (port !== undefined) {
        target.protocol = 'https:';
        target.port = String(port);
        reply = await this.#send(target, request);
      }
    }
    const { status, statusText, body } = reply;
    if (status === 200) return body;
    const quoted = JSON.stringify(body.toString('utf8', 0, QUOTED_BYTES)) + (body.length > QUOTED_BYTES ? '...' : '');
    throw new Error(`got response ${status} ${statusText} ${quoted}`);
  }

  #send(url: URL, { json, signal, requestTimeout = this.#options.requestTimeout }: HttpClientRequest): Promise<Reply> {
    const { connectTimeout, lookup, maxBodyBytes, tls, userAgent } = this.#options;
    const options = {
      method: json === undefined ? 'GET' : 'POST',
      headers: {
        Accept: 'application/vnd.nsq; version=1.0',
        Connection: 'close',
        ...(userAgent === undefined ? {} : { 'User-Agent': userAgent }),
        ...(json === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(json) }),
      },
      ...(signal === undefined ? {} : { signal }),
      ...(lookup === undefined ? {} : { lookup }),
    };
    return new Promise((resolve, reject) => {
      const request =
        url.protocol === 'https:'
          ? https.request(url, { ...options, ...tls?.(), agent: this.#secure })
          : http.request(url, { ...options, agent: this.#plain });
      const timers: NodeJS.Timeout[] = [];
      let late: Error | undefined; // what a request is given up with does not always come out of it
      const limit = (ms: number, what: string): NodeJS.Timeout | undefined => {
        if (ms <= 0) return undefined;
        const giveUp = (): void => {
          late ??= new Error(`${what} timed out after ${Math.round(ms)} ms`);
          request.destroy(late);
        };
        const timer = setTimeout(giveUp, Math.min(ms, MAX_TIMER_MS));
        timers.push(timer);
        return timer;
      };
      const settle = (): void => {
        for (const timer of timers) clearTimeout(timer);
      };
      const fail = (error: unknown): void => {
        settle();
        request.destroy();
        reject(late ?? (error as Error));
      };
      limit(requestTimeout, 'request');
      request.once('socket', (socket) => {
        if (!socket.connecting) return;
        const connecting = limit(connectTimeout, 'connecting');
        socket.once('connect', () => clearTimeout(connecting));
      });
      request.on('error', fail);
      request.on('response', (response) => {
        collect(response, maxBodyBytes).then((body) => {
          settle();
          resolve({ status: response.statusCode ?? 0, statusText: response.statusMessage ?? '', body });
        }, fail);
      });
      request.end(json);
    });
  }
}

function collect(response: IncomingMessage, max: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const tooLong = (): void => reject(new Error(`the reply is longer than ${max} bytes`));
    if (Number(response.headers['content-length'] ?? 0) > max) {
      tooLong();
      return;
    }
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > max) tooLong();
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(Buffer.concat(chunks, bytes)));
    response.on('error', reject);
    response.on('close', () => reject(new Error('the connection was closed before the end of the reply')));
  });
}

/** The port that the reply of a daemon names which requires TLS. */
function httpsPort(body: Buffer): number | undefined {
  let reply: unknown;
  try {
    reply = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  const { https_port: port } = (reply ?? {}) as { https_port?: unknown };
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}
