import { HttpError, RawJson, registerInfo, registerPing, route, type Query } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';
import { lookupJson, nodesJson } from './json.js';
import { queryOf, topicName } from './request.js';

/** What can be asked: `/ping`, `/info`, `/lookup`, `/topics`, `/channels`, `/nodes`. */
export function registerQueries(server: FastifyInstance, { db, version }: HttpContext): void {
  const add = (url: string, handler: () => unknown): void => route(server, { method: 'GET', url, style: 'v1', handler });
  const addWithQuery = (url: string, handler: (query: Query) => unknown): void =>
    route(server, { method: 'GET', url, style: 'v1', discardBody: true, handler: (request) => handler(queryOf(request)) });

  registerPing(server, () => undefined);
  registerInfo(server, () => ({ version }));
  add('/topics', () => ({ topics: [...db.topics()] }));
  add('/nodes', () => new RawJson(nodesJson(db.nodes())));
  addWithQuery('/channels', (query) => ({ channels: [...db.channels(topicName(query))] }));
  addWithQuery('/lookup', (query) => {
    const topic = topicName(query);
    const producers = db.lookup(topic);
    if (producers === undefined) throw new HttpError(404, 'TOPIC_NOT_FOUND');
    return new RawJson(lookupJson(db.channels(topic), producers));
  });
}
