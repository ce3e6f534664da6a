import { formatNanoseconds } from '@nsq/options';
import type { FastifyRequest } from 'fastify';
import { formatPeer } from './peer.js';

/** `<status> <METHOD> <request-uri> (<remote addr>) <elapsed>`; `started` is a reading of `performance.now()`. */
export function accessLine(request: FastifyRequest, status: number, started: number): string {
  const elapsed = formatNanoseconds(Math.round((performance.now() - started) * 1e6));
  return `${status} ${request.method} ${request.raw.url ?? ''} (${formatPeer(request.raw.socket)}) ${elapsed}`;
}
