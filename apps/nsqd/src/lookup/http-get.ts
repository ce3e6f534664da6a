import { request as httpRequest, type Agent, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { systemErrorText } from '@nsq/service';

export interface GetOptions {
  /** Milliseconds until the connection must stand, counted from when one is opened; 1 to 2^31-1, as all limits. */
  readonly connectTimeout: number;
  /** Milliseconds for all of it, waiting for a free connection included. */
  readonly requestTimeout: number;
  /** Largest body to accept. */
  readonly maxBodyBytes: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** Bounds the connections. @default Node's own */
  readonly agent?: Agent;
  /** Resolves names. @default as Node does */
  readonly lookup?: LookupFunction;
}

export interface GetReply {
  readonly status: number;
  readonly body: Buffer;
}

/** Asks once. @throws {Error} that says what went wrong, in one line */
export function httpGet(url: URL, options: GetOptions): Promise<GetReply> {
  const { headers, signal, agent, lookup } = options;
  return new Promise((resolve, reject) => {
    const timers: NodeJS.Timeout[] = [];
    let late: Error | null = null; // what was said to a request that is given up does not always come out of it
    const fail = (error: unknown): void => {
      for (const timer of timers) clearTimeout(timer);
      const cause = late ?? error;
      reject(new Error(`GET ${url.href}: ${systemErrorText(cause)}`, { cause }));
    };
    const secure = url.protocol === 'https:';
    const settings: RequestOptions = {
      headers: { ...headers },
      signal,
      ...(lookup !== undefined && { lookup }),
      ...(agent !== undefined && !secure && { agent }),
    };
    const request = (secure ? httpsRequest : httpRequest)(url, settings);
    const limit = (ms: number, what: string): NodeJS.Timeout => {
      const timer = setTimeout(() => {
        late ??= new Error(`${what} timed out after ${Math.round(ms)} ms`);
        request.destroy(late);
      }, ms);
      timers.push(timer);
      return timer;
    };
    limit(options.requestTimeout, 'request');
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const timer = limit(options.connectTimeout, 'connecting');
      socket.once('connect', () => clearTimeout(timer));
    });
    request.once('error', fail);
    request.once('response', (response) => {
      bodyOf(response, options.maxBodyBytes).then((body) => {
        for (const timer of timers) clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body });
      }, fail);
    });
    request.end();
  });
}

/** The whole body. @throws when it is larger than `max`, or cut off; nothing more is read then */
async function bodyOf(response: IncomingMessage, max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > max) throw new Error(`body larger than ${max} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
