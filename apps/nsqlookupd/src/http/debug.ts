import { HttpError, RawJson, route } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';
import { registryJson } from './json.js';

/** Profiles that the reference serves in a format of its runtime. */
const PROFILES = ['profile', 'heap', 'goroutine', 'block', 'threadcreate'] as const;

const INDEX = `<html>
<head><title>/debug/pprof/</title></head>
<body>
<p>/debug/pprof/</p>
<ul>
<li><a href="/debug/pprof/cmdline">cmdline</a>: the command line of the process</li>
</ul>
</body>
</html>
`;

/** `/debug`, the whole registry, and `/debug/pprof` as far as it makes sense here. */
export function registerDebug(server: FastifyInstance, { db }: HttpContext): void {
  route(server, { method: 'GET', url: '/debug', style: 'v1', handler: () => new RawJson(registryJson(db)) });

  const pprof = { style: 'plain', log: false } as const;
  server.get('/debug/pprof', (_request, reply) => reply.type('text/html; charset=utf-8').send(INDEX));
  route(server, { ...pprof, method: 'GET', url: '/debug/pprof/cmdline', handler: () => process.argv.join('\0') });
  route(server, { ...pprof, method: ['GET', 'POST'], url: '/debug/pprof/symbol', handler: () => 'num_symbols: 1\n' });
  for (const name of PROFILES) {
    const handler = (): never => {
      throw new HttpError(404, 'NOT_FOUND');
    };
    route(server, { method: 'GET', url: `/debug/pprof/${name}`, style: 'v1', log: false, handler });
  }
}
