import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { accessLine } from './access-log.js';
import { HttpError } from './http-error.js';
import { answerError, answerUnrouted, contextOf } from './http-server.js';
import { answer, success, type ReplyStyle } from './reply.js';
import { discardBody } from './body.js';

/**
 * Returns the reply, or a promise of it: text, undefined for an empty one, anything else is sent as JSON (`RawJson` when it is text
 * already). Throws an `HttpError` for an error reply; anything else it throws is a crash, 500 `INTERNAL_ERROR`. Returning `reply` says
 * that the handler has answered, or will, by itself.
 */
export type RouteHandler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export interface RouteOptions {
  readonly method: HTTPMethods | HTTPMethods[];
  /** A path with `:name` for a parameter, which is never empty. */
  readonly url: string;
  readonly style: ReplyStyle;
  /** Whether the access log has a line for each request. @default true */
  readonly log?: boolean;
  /** Reads the body to its end and drops it before the handler is called. @default false: the handler may call `readBody` */
  readonly discardBody?: boolean;
  readonly handler: RouteHandler;
}

/** Adds a route to a server made by `createHttpServer`. */
export function route(server: FastifyInstance, options: RouteOptions): void {
  const { logger } = contextOf(server);
  const { style } = options;
  const logged = options.log ?? true;
  const hasParams = options.url.includes('/:');
  const handler: RouteHandler =
    options.discardBody === true ? (request, reply) => discardBody(request).then(() => options.handler(request, reply)) : options.handler;

  server.route({
    method: options.method,
    url: options.url,
    handler: (request, reply) => {
      if (hasParams && Object.values(request.params as Record<string, string>).includes('')) {
        answerUnrouted(request, reply);
        return;
      }
      const started = logged && logger.enabled('info') ? performance.now() : undefined;
      const finish = (status: number): void => {
        if (started !== undefined) logger.info(accessLine(request, status, started));
      };
      const succeed = (result: unknown): void => {
        if (result !== reply) answer(request, reply, success(style, result));
        finish(result === reply ? reply.statusCode : 200);
      };
      const fail = (error: unknown): void => {
        finish(answerError(request, reply, error instanceof HttpError ? style : 'v1', error));
      };
      try {
        const result = handler(request, reply);
        // A Fastify reply has a `then` of its own.
        if (result !== reply && isPromise(result)) result.then(succeed).catch(fail);
        else succeed(result);
      } catch (error) {
        fail(error);
      }
    },
  });
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
