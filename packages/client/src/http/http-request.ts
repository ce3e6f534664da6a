import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import { NsqAbortError, NsqError, NsqHttpError, NsqTimeoutError, asError } from '../errors.js';
import { checkInteger, checkMs } from '../options.js';

/** How to talk to the HTTP API of a daemon. */
export interface HttpOptions {
  /** Milliseconds that connecting, request and answer may take together. @default 5000 */
  readonly timeout?: number;
  /** Milliseconds that connecting alone may take. @default timeout */
  readonly connectTimeout?: number;
  /** Largest answer to accept, bytes. @default 64 MiB: /stats of a large daemon is long */
  readonly maxBodyBytes?: number;
  /** For `https:` addresses: what `tls.connect` takes. */
  readonly tls?: TlsConnectionOptions;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

interface Call extends CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: Buffer | Uint8Array | string;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;

/** One daemon's HTTP API: requests with a time limit, answers of bounded length, errors with what the daemon says. */
export class HttpApi {
  /** As errors show it. */
  readonly address: string;
  readonly #base: URL;
  readonly #socketPath: string | null;
  readonly #timeout: number;
  readonly #connectTimeout: number;
  readonly #maxBodyBytes: number;
  readonly #options: HttpOptions;

  /**
   * @param address `host:port`, `host`, a URL, or the path of a unix socket
   * @throws {TypeError} when it is none of these @throws {RangeError} for an option out of bounds
   */
  constructor(address: string, defaultPort: number, options: HttpOptions = {}) {
    const unix = address.startsWith('unix:') || address.startsWith('/');
    this.#socketPath = unix ? address.replace(/^unix:(\/\/)?/, '') : null;
    this.#base = unix ? new URL('http://localhost') : baseOf(address, defaultPort);
    this.address = this.#socketPath ?? this.#base.host;
    this.#timeout = checkMs('timeout', options.timeout ?? DEFAULT_TIMEOUT_MS);
    this.#connectTimeout = checkMs('connectTimeout', options.connectTimeout ?? this.#timeout);
    this.#maxBodyBytes = checkInteger('maxBodyBytes', options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES, 1, 2 ** 30, 'bytes');
    this.#options = options;
  }

  /** @throws {NsqError} */
  async json<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const text = await this.text(method, path, call);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new NsqHttpError('ERR_NSQ_HTTP', `${this.address}: ${method} ${path}: the answer is no JSON`, 200, text, {
        cause,
        address: this.address,
      });
    }
  }

  /** The body of a 200. @throws {NsqError} */
  text(method: string, path: string, call: Call = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      if (call.signal?.aborted === true) {
        reject(new NsqAbortError(call.signal.reason));
        return;
      }
      const what = `${this.address}: ${method} ${path}`;
      const request = this.#request(method, path, call);
      const abort = (): void => settle(() => reject(new NsqAbortError(call.signal?.reason)));
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        clearTimeout(connectTimer);
        call.signal?.removeEventListener('abort', abort);
        how();
        request.destroy();
      };
      const fail = (error: NsqError): void => settle(() => reject(error));
      const timer = setTimeout(
        () => fail(new NsqTimeoutError(`${what}: not within ${this.#timeout} ms`, { address: this.address })),
        this.#timeout,
      );
      const connectTimer = setTimeout(
        () => fail(new NsqTimeoutError(`${what}: not connected within ${this.#connectTimeout} ms`, { address: this.address })),
        this.#connectTimeout,
      );
      request.once('socket', (socket) => socket.once('connect', () => clearTimeout(connectTimer)));
      call.signal?.addEventListener('abort', abort, { once: true });
      request.on('error', (error) =>
        fail(new NsqError('ERR_NSQ_CONNECT', `${what}: ${error.message}`, { cause: error, address: this.address })),
      );
      request.on('response', (response: IncomingMessage) => {
        this.#read(response).then(
          (body) => {
            const status = response.statusCode ?? 0;
            if (status === 200) settle(() => resolve(body));
            else fail(refused(what, status, body, this.address));
          },
          (error: unknown) =>
            fail(
              error instanceof NsqError
                ? error
                : new NsqError('ERR_NSQ_CONNECT', `${what}: ${asError(error).message}`, { cause: error, address: this.address }),
            ),
        );
      });
      request.end(call.body);
    });
  }

  #request(method: string, path: string, { query = {}, body }: Call): ClientRequest {
    const url = new URL(this.#base.href.replace(/\/$/, '') + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    const { tls, token } = this.#options;
    const secure = url.protocol === 'https:';
    return (secure ? requestHttps : requestHttp)(url, {
      method,
      agent: false,
      headers: {
        Accept: 'application/vnd.nsq; version=1.0',
        ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      ...(this.#socketPath === null ? {} : { socketPath: this.#socketPath }),
      ...(secure ? tls : {}),
    });
  }

  async #read(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > this.#maxBodyBytes) {
        throw new NsqHttpError(
          'ERR_NSQ_HTTP',
          `${this.address}: an answer of more than ${this.#maxBodyBytes} bytes`,
          response.statusCode ?? 0,
          '',
          { address: this.address },
        );
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes).toString();
  }
}

function baseOf(address: string, defaultPort: number): URL {
  const given = /^https?:\/\//.test(address);
  if (!given && address.includes('://')) throw new TypeError(`not an HTTP address: ${JSON.stringify(address)}`);
  let url: URL;
  try {
    url = new URL(given ? address : `http://${address}`);
  } catch (cause) {
    throw new TypeError(`not an HTTP address (host:port or a URL): ${JSON.stringify(address)}`, { cause });
  }
  // A URL says by itself which port it means.
  if (!given && url.port === '' && !address.endsWith(':80')) url.port = String(defaultPort);
  url.search = '';
  url.hash = '';
  return url;
}

function refused(what: string, status: number, body: string, address: string): NsqHttpError {
  let code = 'ERR_NSQ_HTTP';
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string') code = message;
  } catch {
    // Plain text, as /ping gives it: the text is in the message.
  }
  const text = code === 'ERR_NSQ_HTTP' ? body.slice(0, 200) : code;
  return new NsqHttpError(code, `${what}: ${status} ${text}`.trimEnd(), status, body, { address });
}
