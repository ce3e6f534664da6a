import { HttpError, RawJson, registerInfo, registerPing, route, type Query } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';
import { nodesJson } from './json.js';
import { LookupReplies } from './lookup-replies.js';
import { queryOf, topicName } from './request.js';

/** What can be asked: `/ping`, `/info`, `/lookup`, `/topics`, `/channels`, `/nodes`. */
export function registerQueries(server: FastifyInstance, { db, clock, version }: HttpContext): void {
  const add = (url: string, handler: () => unknown): void => route(server, { method: 'GET', url, style: 'v1', handler });
  const addWithQuery = (url: string, handler: (query: Query) => unknown): void =>
    route(server, { method: 'GET', url, style: 'v1', discardBody: true, handler: (request) => handler(queryOf(request)) });

  const lookups = new LookupReplies(db, clock);

  registerPing(server, () => undefined);
  registerInfo(server, () => ({ version }));
  add('/topics', () => ({ topics: [...db.topics()] }));
  add('/nodes', () => new RawJson(nodesJson(db.nodes())));
  addWithQuery('/channels', (query) => ({ channels: [...db.channels(topicName(query))] }));
  addWithQuery('/lookup', (query) => {
    const topic = topicName(query);
    const reply = lookups.get(topic);
    if (reply === undefined) throw new HttpError(404, 'TOPIC_NOT_FOUND');
    return new RawJson(reply);
  });
}
