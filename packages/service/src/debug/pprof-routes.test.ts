import { createHttpServer } from '../http-server.js';
import { testLogger } from '../../test/helper.js';
import { registerPprof } from './pprof-routes.js';

it.each([
  ['/debug/pprof', '/debug/pprof/'],
  ['/debug/pprof/', '/debug/pprof'],
] as const)('has its index at %s, where %s redirects to', async (index, other) => {
  const { logger, lines } = testLogger();
  const server = createHttpServer({ logger });
  registerPprof(server, index);
  const page = await server.inject({ url: index });
  expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const redirect = await server.inject({ url: other });
  expect([redirect.statusCode, redirect.headers.location]).toEqual([301, index]);
  expect(lines).toEqual([]);
});

it('shows the command line, and no symbols', async () => {
  const { logger } = testLogger();
  const server = createHttpServer({ logger });
  registerPprof(server, '/debug/pprof');
  expect((await server.inject({ url: '/debug/pprof/cmdline' })).body).toBe(process.argv.join('\0'));
  expect((await server.inject({ method: 'POST', url: '/debug/pprof/symbol' })).body).toBe('num_symbols: 1\n');
});
