import { HttpError, route, type Query } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';
import { queryOf, topicName, validTopicAndChannel, validTopicName } from './request.js';

/** What an administrator can change: `POST /topic/*` and `POST /channel/*`. No nsqd is told of it. */
export function registerChanges(server: FastifyInstance, { db, logger }: HttpContext): void {
  const add = (url: string, handle: (query: Query) => void): void =>
    route(server, { method: 'POST', url, style: 'v1', discardBody: true, handler: (request) => handle(queryOf(request)) });

  add('/topic/create', (query) => {
    const topic = validTopicName(query);
    logger.info(`DB: adding topic(${topic})`);
    db.createTopic(topic);
  });
  add('/topic/delete', (query) => {
    const topic = topicName(query);
    for (const channel of db.channels(topic)) logger.info(`DB: removing channel(${channel}) from topic(${topic})`);
    if (db.hasTopic(topic)) logger.info(`DB: removing topic(${topic})`);
    db.deleteTopic(topic);
  });
  add('/topic/tombstone', (query) => {
    const topic = topicName(query);
    const node = query.get('node');
    if (node === undefined) throw new HttpError(400, 'MISSING_ARG_NODE');
    logger.info(`DB: setting tombstone for producer@${node} of topic(${topic})`);
    db.tombstone(topic, node);
  });
  add('/channel/create', (query) => {
    const { topic, channel } = validTopicAndChannel(query);
    logger.info(`DB: adding channel(${channel}) in topic(${topic})`);
    logger.info(`DB: adding topic(${topic})`);
    db.createChannel(topic, channel);
  });
  add('/channel/delete', (query) => {
    const { topic, channel } = validTopicAndChannel(query);
    if (!db.deleteChannel(topic, channel)) throw new HttpError(404, 'CHANNEL_NOT_FOUND');
    logger.info(`DB: removing channel(${channel}) from topic(${topic})`);
  });
}
