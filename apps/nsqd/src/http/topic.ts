import { route, type Query } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';
import { persistPaused } from './persist-paused.js';
import { whenGone, whenKept } from './kept.js';
import { existingTopic, openTopic, queryOf, topicName, validTopicName } from './request.js';

/** `POST /topic/*`. */
export function registerTopic(server: FastifyInstance, context: HttpContext): void {
  const { engine } = context;
  const add = (action: string, discardBody: boolean, handle: (query: Query) => unknown): void => {
    route(server, {
      method: 'POST',
      url: `/topic/${action}`,
      style: 'v1',
      discardBody,
      handler: (request) => {
        const query = queryOf(request);
        engine.tick();
        return handle(query);
      },
    });
  };
  add('create', false, async (query) => {
    await whenKept(context, await openTopic(engine, validTopicName(query)));
  });
  add('delete', true, async (query) => {
    engine.deleteTopic(existingTopic(engine, topicName(query)).name);
    await whenGone(context);
  });
  add('empty', true, (query) => {
    existingTopic(engine, validTopicName(query)).empty();
  });
  add('pause', true, (query) => {
    existingTopic(engine, topicName(query)).pause();
    return persistPaused(context);
  });
  add('unpause', true, (query) => {
    existingTopic(engine, topicName(query)).unpause();
    return persistPaused(context);
  });
}
