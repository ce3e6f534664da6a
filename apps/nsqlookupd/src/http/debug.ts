import { RawJson, registerPprof, route } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';
import { registryJson } from './json.js';

/** `/debug`, the whole registry, and `/debug/pprof`. */
export function registerDebug(server: FastifyInstance, { db }: HttpContext): void {
  route(server, { method: 'GET', url: '/debug', style: 'v1', handler: () => new RawJson(registryJson(db)) });
  registerPprof(server, '/debug/pprof');
}
