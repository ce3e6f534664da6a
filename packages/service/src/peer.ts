import type { Socket } from 'node:net';

/** The other end of a connection as logs and /stats show it: `127.0.0.1:50514`, `[::1]:50514`, `@` for a unix socket. */
export function formatPeer(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return '@';
  // A socket that listens for both families shows IPv4 addresses in their IPv6 form.
  const address = remoteAddress.startsWith('::ffff:') && remoteAddress.includes('.') ? remoteAddress.slice(7) : remoteAddress;
  return address.includes(':') ? `[${address}]:${remotePort}` : `${address}:${remotePort}`;
}
