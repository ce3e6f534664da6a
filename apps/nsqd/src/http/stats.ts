import { RawJson, route } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import { renderJson } from '../stats/json.js';
import { collectStats } from '../stats/snapshot.js';
import { renderText } from '../stats/text.js';
import type { HttpContext } from './context.js';
import { isOn, queryOf } from './request.js';

/** `GET /stats`. */
export function registerStats(server: FastifyInstance, context: HttpContext): void {
  route(server, {
    method: 'GET',
    url: '/stats',
    style: 'v1',
    discardBody: true,
    handler: async (request) => {
      const query = queryOf(request);
      const snapshot = await collectStats(context, {
        topic: query.get('topic') ?? '',
        channel: query.get('channel') ?? '',
        includeClients: isOn(query, 'include_clients'),
        includeMemory: isOn(query, 'include_mem'),
      });
      return query.get('format') === 'json' ? new RawJson(await renderJson(snapshot)) : renderText(snapshot);
    },
  });
}
