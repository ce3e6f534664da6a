import { registerPing } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import { registerChannel } from './channel.js';
import { registerConfig } from './config.js';
import type { HttpContext } from './context.js';
import { registerDebug } from './debug.js';
import { registerNsqdInfo } from './info.js';
import { registerMetrics } from './metrics.js';
import { registerPublish } from './publish.js';
import { registerStats } from './stats.js';
import { registerTopic } from './topic.js';

/** Every route of nsqd, on a server made by `createHttpServer`. The HTTP and the HTTPS listener have the same. */
export function registerRoutes(server: FastifyInstance, context: HttpContext): void {
  registerPing(server, () => context.health());
  registerNsqdInfo(server, context);
  registerPublish(server, context);
  registerTopic(server, context);
  registerChannel(server, context);
  registerStats(server, context);
  registerMetrics(server, context);
  registerConfig(server, context);
  registerDebug(server);
}
