import { discardBody, metric, METRICS_TYPE, processMetrics } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';

/** `GET /metrics`, for Prometheus: numbers only, no names, so that it is short whatever is registered. Without a line in the access log. */
export function registerMetrics(server: FastifyInstance, context: HttpContext): void {
  server.get('/metrics', async (request, reply) => {
    await discardBody(request);
    const { active, inactive, topics, channels } = context.db.counts();
    const text = [
      metric('nsqlookupd_connections', 'gauge', 'Open TCP connections.', context.connectionCount),
      metric('nsqlookupd_producers', 'gauge', 'Identified nsqds that lookups show.', active),
      metric('nsqlookupd_inactive_producers', 'gauge', 'Identified nsqds that have been silent for too long.', inactive),
      metric('nsqlookupd_topics', 'gauge', 'Topics, with producers or without.', topics),
      metric('nsqlookupd_channels', 'gauge', 'Channels, with producers or without.', channels),
      ...processMetrics(await context.processStats(), context.memory()),
    ];
    void reply.type(METRICS_TYPE);
    return text.join('');
  });
}
