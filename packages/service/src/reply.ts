import type { FastifyReply, FastifyRequest } from 'fastify';
import { goJson } from './go-json.js';
import type { HttpError } from './http-error.js';
import { drainBody, lingerOnClose, unreadBody } from './unread-body.js';

/** `v1`: the reference's usual form, with its header and JSON errors. `plain`: texts, for /ping and the like. */
export type ReplyStyle = 'v1' | 'plain';

export const TEXT = 'text/plain; charset=utf-8';
export const JSON_TYPE = 'application/json; charset=utf-8';

/** JSON that a handler has put into text, or into its UTF-8 bytes, already: sent as it is. */
export class RawJson {
  readonly text: string | Buffer;

  constructor(text: string | Buffer) {
    this.text = text;
  }
}

export interface Answer {
  readonly status: number;
  readonly style: ReplyStyle;
  readonly body?: string | Buffer;
  readonly type?: string;
  readonly allow?: string;
  readonly location?: string;
}

/** What a handler returned, as a reply: text as it is, nothing or an empty text as an empty reply, anything else as JSON. */
export function success(style: ReplyStyle, result: unknown): Answer {
  if (result === undefined || result === '') return { status: 200, style };
  if (typeof result === 'string' || Buffer.isBuffer(result)) return { status: 200, style, body: result, type: TEXT };
  return { status: 200, style, body: result instanceof RawJson ? result.text : goJson(result), type: JSON_TYPE };
}

export function failure(style: ReplyStyle, error: Pick<HttpError, 'status' | 'code'>): Answer {
  if (style === 'plain') return { status: error.status, style, body: error.code, type: TEXT };
  return { status: error.status, style, body: goJson({ message: error.code }), type: JSON_TYPE };
}

/** Sends a reply, once it is known whether the connection can be kept. */
export function answer(request: FastifyRequest, reply: FastifyReply, response: Answer): void {
  const fate = unreadBody(request.raw);
  if (fate === 'drain') void drainBody(request.raw).then((outcome) => send(request, reply, response, outcome === 'close'));
  else send(request, reply, response, fate === 'close');
}

function send(request: FastifyRequest, reply: FastifyReply, response: Answer, close: boolean): void {
  if (reply.sent) return;
  reply.code(response.status);
  if (response.style === 'v1') reply.header('X-NSQ-Content-Type', 'nsq; version=1.0');
  if (response.type !== undefined) reply.header('Content-Type', response.type);
  if (response.allow !== undefined) reply.header('Allow', response.allow);
  if (response.location !== undefined) reply.header('Location', response.location);
  if (close) {
    reply.header('Connection', 'close');
    lingerOnClose(request.raw.socket);
  }
  reply.send(response.body);
}
