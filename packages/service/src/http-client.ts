import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { SecureContextOptions } from 'node:tls';

/** Requests to one server at a time; more wait, and the time they wait counts. */
const MAX_SOCKETS = 256;
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
}

export interface HttpClientRequest {
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
  readonly #plain = new http.Agent({ keepAlive: false, maxSockets: MAX_SOCKETS });
  readonly #secure = new https.Agent({ keepAlive: false, maxSockets: MAX_SOCKETS, maxCachedSessions: 0 });

  constructor(options: HttpClientOptions) {
    this.#options = options;
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

  #send(url: URL, { json, signal }: HttpClientRequest): Promise<Reply> {
    const secure = url.protocol === 'https:';
    const options = {
      method: json === undefined ? 'GET' : 'POST',
      headers: {
        Accept: 'application/vnd.nsq; version=1.0',
        Connection: 'close',
        ...(json === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(json) }),
      },
      ...(signal === undefined ? {} : { signal }),
    };
    const request = secure
      ? https.request(url, { ...options, ...this.#options.tls?.(), agent: this.#secure })
      : http.request(url, { ...options, agent: this.#plain });
    const timer = limit(request, this.#options.requestTimeout, 'request timed out');
    this.#limitConnecting(request);
    const reply = new Promise<Reply>((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        const { statusCode: status = 0, statusMessage: statusText = '' } = response;
        collect(response, this.#options.maxBodyBytes).then((body) => resolve({ status, statusText, body }), reject);
      });
    });
    request.end(json);
    return reply.finally(() => {
      clearTimeout(timer);
      request.destroy();
    });
  }

  #limitConnecting(request: ClientRequest): void {
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const timer = limit(request, this.#options.connectTimeout, 'connecting timed out');
      const settle = (): void => clearTimeout(timer);
      socket.once('connect', settle).once('close', settle);
    });
  }
}

function limit(request: ClientRequest, ms: number, text: string): NodeJS.Timeout | undefined {
  if (ms <= 0) return undefined;
  return setTimeout(() => request.destroy(new Error(`${text} after ${ms} ms`)), Math.min(ms, MAX_TIMER_MS));
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
