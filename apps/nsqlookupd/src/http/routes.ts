import type { FastifyInstance } from 'fastify';
import { registerChanges } from './changes.js';
import type { HttpContext } from './context.js';
import { registerDebug } from './debug.js';
import { registerMetrics } from './metrics.js';
import { registerQueries } from './queries.js';

/** Every route of nsqlookupd, on a server made by `createHttpServer`. */
export function registerRoutes(server: FastifyInstance, context: HttpContext): void {
  registerQueries(server, context);
  registerChanges(server, context);
  registerDebug(server, context);
  registerMetrics(server, context);
}
