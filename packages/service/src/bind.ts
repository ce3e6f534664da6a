import { lookup } from 'node:dns/promises';
import { isIP, type AddressInfo, type Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { formatListenAddress, joinHostPort, ListenError, type ListenAddress } from './listen-address.js';
import { systemErrorText } from './system-error.js';

/** Connections the kernel holds until they are accepted; it has a bound of its own below that. */
const BACKLOG = 4096;

/** What the open listener shows for itself: `server.address()`. */
export type BoundAddress = AddressInfo | string;

interface Target {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly backlog: number;
}

/**
 * Opens a listener and resolves with the address it got. It accepts at once: do before what must come first. An empty host and `0.0.0.0`
 * mean every interface, IPv6 included where there is any, as in the reference.
 * @throws {ListenError} with the reference's text when the address is taken, forbidden or not ours
 */
export async function bind(server: Server, address: ListenAddress): Promise<BoundAddress> {
  await open(address, (target) => {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(target, () => {
        server.off('error', reject);
        resolve();
      });
    });
  });
  return server.address() ?? '';
}

/** The same for a server made by `createHttpServer`. */
export async function bindHttp(server: FastifyInstance, address: ListenAddress): Promise<BoundAddress> {
  await server.ready();
  await open(address, async (target) => {
    await server.listen(target);
  });
  return server.server.address() ?? '';
}

async function open(address: ListenAddress, listen: (target: Target) => Promise<void>): Promise<void> {
  const text = formatListenAddress(address);
  if (address.kind === 'unix') {
    await listen({ path: address.path, backlog: BACKLOG }).catch((error: unknown) => {
      throw new ListenError(text, `listen unix ${text}: bind: ${systemErrorText(error)}`, { cause: error });
    });
    return;
  }
  const { port } = address;
  const host = await resolve(address.host, text);
  const fail = (error: unknown): never => {
    throw new ListenError(text, `listen tcp ${joinHostPort(host, port)}: bind: ${systemErrorText(error)}`, { cause: error });
  };
  if (host !== '' && host !== '0.0.0.0') return listen({ host, port, backlog: BACKLOG }).catch(fail);
  return listen({ host: '::', port, backlog: BACKLOG }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') return fail(error);
    return listen({ host: '0.0.0.0', port, backlog: BACKLOG }).catch(fail);
  });
}

/** One address for a host name, IPv4 before IPv6. */
async function resolve(host: string, text: string): Promise<string> {
  if (host === '' || isIP(host) !== 0) return host;
  try {
    const found = await lookup(host, { all: true });
    return (found.find(({ family }) => family === 4) ?? found[0])?.address ?? host;
  } catch (error) {
    throw new ListenError(text, `listen tcp: lookup ${host}: no such host`, { cause: error });
  }
}
