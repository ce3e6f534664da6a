import { route, type Query } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';
import { persistPaused } from './persist-paused.js';
import { existingChannel, queryOf, topicAndChannelName } from './request.js';

/** `POST /channel/*`. */
export function registerChannel(server: FastifyInstance, context: HttpContext): void {
  const { engine } = context;
  const add = (action: string, handle: (query: Query) => unknown): void => {
    route(server, {
      method: 'POST',
      url: `/channel/${action}`,
      style: 'v1',
      discardBody: true,
      handler: (request) => {
        const query = queryOf(request);
        engine.tick();
        return handle(query);
      },
    });
  };
  add('create', (query) => {
    const { topic, name } = topicAndChannelName(engine, query);
    engine.channel(topic, name);
  });
  add('delete', (query) => {
    const { topic, name } = existingChannel(engine, query);
    topic.deleteChannel(name);
  });
  add('empty', (query) => {
    existingChannel(engine, query).empty();
  });
  add('pause', (query) => {
    existingChannel(engine, query).pause();
    return persistPaused(context);
  });
  add('unpause', (query) => {
    existingChannel(engine, query).unpause();
    return persistPaused(context);
  });
}
