import { route, type Query } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';
import { whenGone, whenKept } from './kept.js';
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
  add('create', async (query) => {
    const { topic, name } = topicAndChannelName(engine, query);
    await whenKept(context, engine.channel(topic, name));
  });
  add('delete', async (query) => {
    const { topic, name } = existingChannel(engine, query);
    topic.deleteChannel(name);
    await whenGone(context);
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
