import { HttpError, readBody, route, type Query } from '@nsq/service';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ExitingError, StoreError } from '../queue/publish-error.js';
import type { Topic } from '../queue/topic.js';
import type { Done } from '../queue/topic-log.js';
import type { HttpContext } from './context.js';
import { checkBinary, LongLineWatch, packLines, type PackedMessages } from './mpub-body.js';
import { openTopic, queryOf, validTopicName } from './request.js';

/** `POST /pub` and `POST /mpub`. They are too many for the access log. */
export function registerPublish(server: FastifyInstance, context: HttpContext): void {
  const common = { method: 'POST', style: 'v1', log: false } as const;
  route(server, { ...common, url: '/pub', handler: (request) => publish(context, request) });
  route(server, { ...common, url: '/mpub', handler: (request) => publishMany(context, request) });
}

async function publish({ engine, options }: HttpContext, request: FastifyRequest): Promise<string> {
  const body = await readBody(request, options.maxMsgSize, 'MSG_TOO_BIG');
  if (body.length === 0) throw new HttpError(400, 'MSG_EMPTY');
  const query = queryOf(request);
  const topic = await openTopic(engine, validTopicName(query));
  const delay = deferOf(query, options.maxReqTimeout);

  const bytes = Buffer.allocUnsafe(4 + body.length);
  bytes.writeInt32BE(body.length, 0);
  body.copy(bytes, 4);
  await put(topic, (done) => {
    engine.tick();
    return delay > 0 ? topic.publishDeferred(bytes, 0, body.length, delay, done) : topic.publish(bytes, 0, bytes.length, 1, 0, done);
  });
  return 'OK';
}

/** Milliseconds. @throws {HttpError} 400 `INVALID_DEFER` */
function deferOf(query: Query, maxMs: number): number {
  const text = query.get('defer') ?? '0';
  const delay = /^[+-]?[0-9]+$/.test(text) ? Number(text) : NaN;
  if (!(delay >= 0 && delay <= maxMs)) throw new HttpError(400, 'INVALID_DEFER');
  return delay;
}

async function publishMany(context: HttpContext, request: FastifyRequest): Promise<string> {
  const { engine, options } = context;
  if (Number(request.raw.headers['content-length'] ?? 0) > options.maxBodySize) throw new HttpError(413, 'BODY_TOO_BIG');
  const query = queryOf(request);
  const topic = await openTopic(engine, validTopicName(query));
  const read = isBinary(context, query) ? readBinary : readLines;
  const { bytes, at, end, count } = await read(context, request);
  if (count === 0) return 'OK';
  await put(topic, (done) => {
    engine.tick();
    return topic.publish(bytes, at, end, count, 0, done);
  });
  return 'OK';
}

function isBinary({ logger }: HttpContext, query: Query): boolean {
  const value = query.get('binary');
  if (value === undefined || value === 'false' || value === '0') return false;
  if (value !== 'true' && value !== '1') logger.warn(`deprecated value '${value}' used for /mpub binary param`);
  return true;
}

async function readBinary({ options }: HttpContext, request: FastifyRequest): Promise<PackedMessages> {
  const body = await readBody(request, options.maxBodySize, 'BODY_TOO_BIG');
  return checkBinary(body, options.maxMsgSize, options.maxBodySize);
}

async function readLines({ options }: HttpContext, request: FastifyRequest): Promise<PackedMessages> {
  const { maxMsgSize, maxBodySize } = options;
  const { raw } = request;
  if (raw.headers['transfer-encoding'] === undefined) return packLines(await readBody(request, maxBodySize, 'BODY_TOO_BIG'), maxMsgSize);

  const watch = new LongLineWatch(maxMsgSize, maxBodySize);
  const onData = (chunk: Buffer): void => watch.add(chunk);
  raw.on('data', onData);
  try {
    return packLines(await readBody(request, maxBodySize, 'BODY_TOO_BIG'), maxMsgSize);
  } catch (error) {
    if (watch.found && error instanceof HttpError && error.status === 413) throw new HttpError(413, 'MSG_TOO_BIG', { cause: error });
    throw error;
  } finally {
    raw.off('data', onData);
  }
}

/** Publishes when there is room, and waits until that is done. @throws {HttpError} 503 `EXITING` */
async function put(topic: Topic, publishTo: (done: Done) => boolean): Promise<void> {
  if (topic.congested) await new Promise<void>((resolve) => topic.whenRelieved(resolve));
  try {
    await new Promise<void>((resolve, reject) => {
      const accepted = publishTo((error) => {
        if (error === null) resolve();
        else reject(error);
      });
      if (accepted) resolve();
    });
  } catch (error) {
    if (error instanceof ExitingError || error instanceof StoreError) throw new HttpError(503, 'EXITING', { cause: error });
    throw error;
  }
}
