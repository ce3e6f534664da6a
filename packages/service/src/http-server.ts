import type { Server } from 'node:http';
import type { ServerOptions as HttpsOptions } from 'node:https';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { accessLine } from './access-log.js';
import { boundConnections } from './connection-bound.js';
import { HttpError } from './http-error.js';
import type { Logger } from './logger.js';
import { formatPeer } from './peer.js';
import { refusePlainHttp } from './plain-http.js';
import { answer, failure, JSON_TYPE, type Answer, type ReplyStyle } from './reply.js';
import { RouteTable } from './route-table.js';
import { expectContinue, isLingering } from './unread-body.js';

const MAX_CONNECTIONS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;
const CLOSE_GRACE_MS = 5000;
const WARN_INTERVAL_MS = 10_000;

export interface HttpServerOptions {
  readonly logger: Logger;
  /** Makes it an HTTPS server with this certificate, key and policy. */
  readonly https?: HttpsOptions;
  /**
   * Answers every request with 403 `TLS_REQUIRED` and this port of the HTTPS listener, 0 when there is none. Called for each request.
   * @default requests are served
   */
  readonly tlsRequiredPort?: () => number;
  /**
   * Connections open at a time, at least 1. One more closes the one that has waited longest without a request under way: there are no
   * timeouts, so this is what bounds the memory that silent clients hold, with 16 KiB of header for each. @default 10000
   */
  readonly maxConnections?: number;
  /** How long `close()` waits for requests under way before it closes their connections, in milliseconds. @default 5000 */
  readonly closeGraceMs?: number;
}

interface Context {
  readonly logger: Logger;
  readonly table: RouteTable;
}

/** No route has a schema; without these, Fastify loads a megabyte of schema compilers at each start. */
const noSchemas = () => () => {
  throw new TypeError('routes have no schemas here');
};

const contexts = new WeakMap<FastifyInstance, Context>();

/**
 * A Fastify instance that answers as the reference's HTTP servers do: their error bodies, redirects, `Allow` headers, no timeouts, bodies
 * left unread. Add routes with `route()`; those added with Fastify's own methods share everything but the reply style and the access log.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { logger } = options;
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: 0, requestTimeout: 0 };
  const common = {
    logger: false,
    connectionTimeout: 0,
    requestTimeout: 0,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => refuseMalformed(logger, error, socket),
    frameworkErrors: (_error: unknown, _request: unknown, reply: FastifyReply) => {
      void reply.code(400).header('Connection', 'close').type('text/plain; charset=utf-8').send('400 Bad Request');
    },
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    routerOptions: { maxParamLength: MAX_HEADER_BYTES, querystringParser: () => ({}) },
  };
  // Fastify has a type for each kind of server, which nobody here needs to tell apart.
  const server = (options.https === undefined
    ? fastify({ ...common, http: limits })
    : fastify({ ...common, https: { ALPNProtocols: [], ...options.https, ...limits } })) as unknown as FastifyInstance;

  server.server.keepAliveTimeout = 0; // as an option, Fastify takes 0 for its own default

  const context: Context = { logger, table: new RouteTable() };
  contexts.set(server, context);
  server.addHook('onRoute', ({ method, url }) => context.table.add(method, url));
  server.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    if (isLingering(raw.socket)) {
      reply.hijack();
      raw.resume();
      return;
    }
    if (options.tlsRequiredPort !== undefined) {
      answer(request, reply, tlsRequired(options.tlsRequiredPort()));
      return;
    }
    if (request.is404) {
      answerUnrouted(request, reply);
      return;
    }
    // Fastify would refuse a body whose type it cannot parse; here any type is fine.
    if (raw.headers['content-type'] !== undefined) raw.headers['content-type'] = undefined;
    done();
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));
  server.setErrorHandler((error, request, reply) => {
    answerError(request, reply, 'v1', error);
  });
  guardConnections(server, options);
  return server;
}

/** The logger and the table of routes of a server made by `createHttpServer`. */
export function contextOf(server: FastifyInstance): Context {
  const context = contexts.get(server);
  if (context === undefined) throw new TypeError('not a server made by createHttpServer');
  return context;
}

/** Answers a request no route takes: a redirect, the allowed methods, 405 or 404. */
export function answerUnrouted(request: FastifyRequest, reply: FastifyReply): void {
  const { logger, table } = contextOf(request.server);
  const { method } = request;
  const target = request.raw.url ?? '/';
  const location = table.redirect(method, target);
  if (location !== undefined) {
    answer(request, reply, redirect(method, location));
    return;
  }
  const started = performance.now();
  const allow = table.allowed(target);
  if (allow !== undefined && method === 'OPTIONS') {
    answer(request, reply, { status: 200, style: 'plain', allow });
    return;
  }
  const response: Answer =
    allow === undefined
      ? failure('v1', { status: 404, code: 'NOT_FOUND' })
      : { ...failure('v1', { status: 405, code: 'METHOD_NOT_ALLOWED' }), allow };
  answer(request, reply, response);
  logger.info(() => accessLine(request, response.status, started));
}

/** Answers what a handler threw, and returns the status. Anything but an `HttpError` counts as a crash of the handler. */
export function answerError(request: FastifyRequest, reply: FastifyReply, style: ReplyStyle, error: unknown): number {
  const { logger } = contextOf(request.server);
  if (error instanceof HttpError) {
    if (error.log !== undefined) logger.error(error.log);
    answer(request, reply, failure(style, error));
    return error.status;
  }
  logger.error(() => `panic in HTTP handler - ${describe(error)}`);
  answer(request, reply, failure('v1', { status: 500, code: 'INTERNAL_ERROR' }));
  return 500;
}

function describe(error: unknown): string {
  const { stack } = (error ?? {}) as { stack?: unknown };
  return typeof stack === 'string' ? stack : String(error);
}

function redirect(method: string, location: string): Answer {
  if (method !== 'GET') return { status: 307, style: 'plain', location };
  const href = location
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;');
  return { status: 301, style: 'plain', location, type: 'text/html; charset=utf-8', body: `<a href="${href}">Moved Permanently</a>.\n\n` };
}

function tlsRequired(port: number): Answer {
  return { status: 403, style: 'v1', type: JSON_TYPE, body: `{"message": "TLS_REQUIRED", "https_port": ${port}}` };
}

function guardConnections(instance: FastifyInstance, options: HttpServerOptions): void {
  const server: Server = instance.server;
  const { logger, https } = options;
  const raw = https === undefined ? undefined : refusePlainHttp(server, logger);
  const max = options.maxConnections ?? MAX_CONNECTIONS;
  let warned = -Infinity;
  const bound = boundConnections(server, max, () => {
    const now = performance.now();
    if (now - warned < WARN_INTERVAL_MS) return;
    warned = now;
    logger.warn(`HTTP: more than ${max} connections, closing the one that has been idle longest`);
  });
  server.on('checkContinue', (request, response) => {
    expectContinue(request, response);
    instance.routing(request, response);
  });
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    logger.warn(() => `http: TLS handshake error from ${formatPeer(socket)}: ${error.message}`);
  });
  instance.addHook('preClose', (done) => {
    bound.drain();
    raw?.closeSilent();
    const timer = setTimeout(() => {
      server.closeAllConnections();
      raw?.closeAll();
    }, options.closeGraceMs ?? CLOSE_GRACE_MS);
    server.once('close', () => clearTimeout(timer));
    timer.unref();
    done();
  });
}

function refuseMalformed(logger: Logger, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  logger.warn(() => `http: malformed request from ${formatPeer(socket)}: ${error.message}`);
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`, () => socket.destroy());
}
