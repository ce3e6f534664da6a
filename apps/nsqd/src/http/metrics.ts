import { discardBody, METRICS_TYPE } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import { renderPrometheus } from '../stats/prometheus.js';
import { collectStats } from '../stats/snapshot.js';
import type { HttpContext } from './context.js';
import { isOn, queryOf } from './request.js';

/** `GET /metrics`, for Prometheus. Without a line in the access log: it is asked for again and again. */
export function registerMetrics(server: FastifyInstance, context: HttpContext): void {
  server.get('/metrics', async (request, reply) => {
    await discardBody(request);
    const includeEphemeral = isOn(queryOf(request), 'include_ephemeral');
    const filter = { topic: '', channel: '', includeClients: false, includeMemory: false };
    const snapshot = await collectStats(context, filter);
    const body = await renderPrometheus({
      snapshot: { ...snapshot, memory: context.memory() },
      connections: context.connectionCount,
      lookup: context.lookupStatus,
      process: await context.processStats(),
      includeEphemeral,
    });
    void reply.type(METRICS_TYPE);
    return body;
  });
}
