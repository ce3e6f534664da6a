import { isValidName } from '@nsq/protocol';
import { HttpError, parseQuery, type Query } from '@nsq/service';
import type { FastifyRequest } from 'fastify';

/** @throws {HttpError} 400 `INVALID_REQUEST` */
export function queryOf(request: FastifyRequest): Query {
  return parseQuery(request.raw.url ?? '');
}

/** The topic, which need not be a valid name. @throws {HttpError} 400 `MISSING_ARG_TOPIC` */
export function topicName(query: Query): string {
  const name = query.get('topic');
  if (name === undefined) throw new HttpError(400, 'MISSING_ARG_TOPIC');
  return name;
}

/** @throws {HttpError} 400 `MISSING_ARG_TOPIC` or `INVALID_ARG_TOPIC` */
export function validTopicName(query: Query): string {
  const name = topicName(query);
  if (!isValidName(name)) throw new HttpError(400, 'INVALID_ARG_TOPIC');
  return name;
}

/** @throws {HttpError} as `validTopicName`, then 400 `MISSING_ARG_CHANNEL` or `INVALID_ARG_CHANNEL` */
export function validTopicAndChannel(query: Query): { topic: string; channel: string } {
  const topic = validTopicName(query);
  const channel = query.get('channel');
  if (channel === undefined) throw new HttpError(400, 'MISSING_ARG_CHANNEL');
  if (!isValidName(channel)) throw new HttpError(400, 'INVALID_ARG_CHANNEL');
  return { topic, channel };
}
