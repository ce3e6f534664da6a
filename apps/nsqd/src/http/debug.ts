import { quote } from '@nsq/protocol';
import { HttpError, parseQuery, readBody, registerPprof, route } from '@nsq/service';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { queryOf } from './request.js';

const MAX_FORM_BYTES = 64 * 1024;
const INT64 = 2n ** 63n;

/** `/debug/*`: what the reference has there, as far as it makes sense here. */
export function registerDebug(server: FastifyInstance): void {
  registerPprof(server, '/debug/pprof/');
  route(server, { method: 'PUT', url: '/debug/setblockrate', style: 'plain', handler: setBlockRate });
  route(server, {
    method: 'POST',
    url: '/debug/freememory',
    style: 'plain',
    handler: () => {
      // There only when Node was started with --expose-gc; without it V8 decides.
      globalThis.gc?.();
    },
  });
}

/** Checks the rate, from the body's form or the query, as the reference does. There is no block profile that it could set. */
async function setBlockRate(request: FastifyRequest): Promise<void> {
  const form = await readBody(request, MAX_FORM_BYTES, 'BODY_TOO_BIG');
  const rate = parseQuery(`?${form.toString('latin1')}`).get('rate') ?? queryOf(request).get('rate') ?? '';
  const reason = !/^[+-]?[0-9]+$/.test(rate) ? 'invalid syntax' : fitsInt64(BigInt(rate.replace('+', ''))) ? '' : 'value out of range';
  if (reason === '') return;
  throw new HttpError(400, `invalid block rate : strconv.Atoi: parsing ${quote(Buffer.from(rate))}: ${reason}`);
}

function fitsInt64(value: bigint): boolean {
  return value >= -INT64 && value < INT64;
}
