import { findByKey, renderOption, parseLogLevel, type LogLevel } from '@nsq/options';
import { HttpError, RawJson, readBody, route } from '@nsq/service';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { effectiveTlsRequired, nsqdOptionTable } from '../options.js';
import { statsdPrefix } from '../stats/statsd-prefix.js';
import type { HttpContext } from './context.js';

/** What `null` sets the list of nsqlookupds to: no addresses, though shown as `null`. */
const NULL_LIST: readonly string[] = Object.freeze([]);

/** `GET` and `PUT /config/:opt`. */
export function registerConfig(server: FastifyInstance, context: HttpContext): void {
  const common = { url: '/config/:opt', style: 'v1' } as const;
  route(server, { ...common, method: 'GET', handler: (request) => show(context, keyOf(request)) });
  route(server, {
    ...common,
    method: 'PUT',
    handler: async (request) => {
      const body = await readBody(request, context.options.maxMsgSize, 'INVALID_VALUE');
      if (body.length === 0) throw new HttpError(413, 'INVALID_VALUE');
      const key = keyOf(request);
      change(context, key, body.toString());
      return show(context, key);
    },
  });
}

function keyOf(request: FastifyRequest): string {
  return (request.params as { opt: string }).opt;
}

function show(context: HttpContext, key: string): unknown {
  const found = findByKey(nsqdOptionTable, key);
  if (found === undefined || found.option.flag === null) throw new HttpError(400, 'INVALID_OPTION');
  const value = effectiveValue(context, found.name);
  if (value === NULL_LIST) return null;
  if (Array.isArray(value)) return value;
  const { json, body } = renderOption(found.option, value);
  return json ? new RawJson(body) : body;
}

/** The value that is at work, where that is another than the configured one. */
function effectiveValue(context: HttpContext, name: keyof typeof nsqdOptionTable): unknown {
  const { options } = context;
  switch (name) {
    case 'broadcastTcpPort':
      return options.broadcastTcpPort === 0 ? Math.max(0, context.tcpPort) : options.broadcastTcpPort;
    case 'broadcastHttpPort':
      return broadcastHttpPort(context);
    case 'statsdPrefix':
      return statsdPrefix(options.statsdPrefix, options.broadcastAddress, broadcastHttpPort(context));
    case 'tlsRequired':
      return effectiveTlsRequired(options);
    default:
      return options[name];
  }
}

function broadcastHttpPort({ options, httpPort }: HttpContext): number {
  return options.broadcastHttpPort === 0 ? Math.max(0, httpPort) : options.broadcastHttpPort;
}

/** @throws {HttpError} 400 `INVALID_OPTION` or `INVALID_VALUE` */
function change(context: HttpContext, key: string, text: string): void {
  const { options } = context;
  if (key === 'log_level') {
    const level = parseLevel(text);
    options.logLevel = level;
    context.setLogLevel(level);
  } else if (key === 'nsqlookupd_tcp_addresses') {
    const list = parseAddresses(text);
    options.nsqlookupdTcpAddresses = list;
    context.setLookupdAddresses(list);
  } else {
    throw new HttpError(400, 'INVALID_OPTION');
  }
}

function parseLevel(text: string): LogLevel {
  try {
    return parseLogLevel(text);
  } catch (error) {
    throw new HttpError(400, 'INVALID_VALUE', { cause: error });
  }
}

function parseAddresses(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, 'INVALID_VALUE', { cause: error });
  }
  if (value === null) return NULL_LIST;
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === 'string')) throw new HttpError(400, 'INVALID_VALUE');
  return value;
}
