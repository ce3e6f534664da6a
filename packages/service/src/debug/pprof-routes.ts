import type { FastifyInstance } from 'fastify';
import { HttpError } from '../http-error.js';
import { route } from '../route.js';

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

/**
 * `/debug/pprof` as far as it makes sense here.
 * @param index where its first page is, with a slash behind it or without; the other form redirects there
 */
export function registerPprof(server: FastifyInstance, index: '/debug/pprof' | '/debug/pprof/'): void {
  const pprof = { style: 'plain', log: false } as const;
  server.get(index, (_request, reply) => reply.type('text/html; charset=utf-8').send(INDEX));
  route(server, { ...pprof, method: 'GET', url: '/debug/pprof/cmdline', handler: () => process.argv.join('\0') });
  route(server, { ...pprof, method: ['GET', 'POST'], url: '/debug/pprof/symbol', handler: () => 'num_symbols: 1\n' });
  for (const name of PROFILES) {
    const handler = (): never => {
      throw new HttpError(404, 'NOT_FOUND');
    };
    route(server, { method: 'GET', url: `/debug/pprof/${name}`, style: 'v1', log: false, handler });
  }
}
