import { isValidName } from '@nsq/protocol';
import { HttpError, parseQuery, type Query } from '@nsq/service';
import type { FastifyRequest } from 'fastify';
import type { Channel } from '../queue/channel.js';
import type { Engine } from '../queue/engine.js';
import type { Topic } from '../queue/topic.js';

/** @throws {HttpError} 400 `INVALID_REQUEST` */
export function queryOf(request: FastifyRequest): Query {
  return parseQuery(request.raw.url ?? '');
}

/** True unless a parameter that is on by default is switched off; words that mean nothing here count as absent. */
export function isOn(query: Query, name: string): boolean {
  const value = query.get(name);
  return value !== 'false' && value !== '0';
}

/** @throws {HttpError} 400 `MISSING_ARG_TOPIC` */
export function topicName(query: Query): string {
  const name = query.get('topic');
  if (name === undefined) throw new HttpError(400, 'MISSING_ARG_TOPIC');
  return name;
}

/** @throws {HttpError} 400 `MISSING_ARG_TOPIC` or `INVALID_TOPIC` */
export function validTopicName(query: Query): string {
  const name = topicName(query);
  if (!isValidName(name)) throw new HttpError(400, 'INVALID_TOPIC');
  return name;
}

/** The topic, made if there is none; who makes it waits until it has the channels it has elsewhere. The name is valid. */
export async function openTopic(engine: Engine, name: string): Promise<Topic> {
  const known = engine.topics.get(name);
  if (known !== undefined) return known;
  engine.tick();
  const topic = engine.topic(name);
  await new Promise<void>((resolve) => topic.whenStarted(resolve));
  return topic;
}

/** @throws {HttpError} 404 `TOPIC_NOT_FOUND` */
export function existingTopic(engine: Engine, name: string): Topic {
  const topic = engine.topics.get(name);
  if (topic === undefined) throw new HttpError(404, 'TOPIC_NOT_FOUND');
  return topic;
}

/**
 * What a channel route names: the topic, which exists, and the name of the channel, which may not.
 * @throws {HttpError} the first of the errors that all channel routes share, in the reference's order
 */
export function topicAndChannelName(engine: Engine, query: Query): { topic: Topic; name: string } {
  const topic = topicName(query);
  if (!isValidName(topic)) throw new HttpError(400, 'INVALID_ARG_TOPIC');
  const name = query.get('channel');
  if (name === undefined) throw new HttpError(400, 'MISSING_ARG_CHANNEL');
  if (!isValidName(name)) throw new HttpError(400, 'INVALID_ARG_CHANNEL');
  return { topic: existingTopic(engine, topic), name };
}

/** @throws {HttpError} as `topicAndChannelName`; 404 `CHANNEL_NOT_FOUND` */
export function existingChannel(engine: Engine, query: Query): Channel {
  const { topic, name } = topicAndChannelName(engine, query);
  const channel = topic.channels.get(name);
  if (channel === undefined) throw new HttpError(404, 'CHANNEL_NOT_FOUND');
  return channel;
}
