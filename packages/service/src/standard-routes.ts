import type { FastifyInstance } from 'fastify';
import { HttpError } from './http-error.js';
import { route } from './route.js';
import { systemErrorText } from './system-error.js';

/**
 * `GET /ping`: 200 `OK`, or 500 `NOK - <text>`.
 * @param health what is wrong; undefined when nothing is
 */
export function registerPing(server: FastifyInstance, health: () => string | undefined): void {
  route(server, {
    method: 'GET',
    url: '/ping',
    style: 'plain',
    handler: () => {
      const text = health();
      if (text !== undefined) throw new HttpError(500, `NOK - ${text}`);
      return 'OK';
    },
  });
}

/**
 * `GET /info`: the object as JSON, its keys in order.
 * @param info called for each request; when it throws, the reply is 500 with the error's text as message
 */
export function registerInfo(server: FastifyInstance, info: () => object): void {
  route(server, {
    method: 'GET',
    url: '/info',
    style: 'v1',
    handler: () => {
      try {
        return info();
      } catch (error) {
        throw new HttpError(500, systemErrorText(error), { cause: error });
      }
    },
  });
}
