import type { AddressInfo } from 'node:net';

/** Where a daemon listens. An empty host means every interface. */
export type ListenAddress =
  { readonly kind: 'tcp'; readonly host: string; readonly port: number } | { readonly kind: 'unix'; readonly path: string };

/** A listener could not be opened. The message is the reference's: `listen (<addr>) failed - listen tcp <addr>: bind: …`. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** The address as it was given. */
  readonly address: string;

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(`listen (${address}) failed - ${reason}`, options);
    this.address = address;
  }
}

/**
 * Reads a listen address: TCP when it has the form `host:port`, with an IPv6 host in brackets, otherwise the path of a unix socket.
 * A missing port (`host:`) is 0, any free one.
 * @throws {ListenError} when the port is not a number from 0 to 65535, or the text is empty
 */
export function parseListenAddress(text: string): ListenAddress {
  const split = splitHostPort(text);
  if (split === undefined) {
    if (text === '') throw new ListenError(text, 'listen unix: missing address');
    return { kind: 'unix', path: text };
  }
  const { host, port } = split;
  if (port === '') return { kind: 'tcp', host, port: 0 };
  if (!/^[+-]?\d+$/.test(port)) throw new ListenError(text, `listen tcp: lookup tcp/${port}: unknown port`);
  const number = Number(port);
  if (number < 0 || number > 65535) throw new ListenError(text, `listen tcp: address ${port}: invalid port`);
  return { kind: 'tcp', host, port: number };
}

/** The text an address is parsed from. */
export function formatListenAddress(address: ListenAddress): string {
  return address.kind === 'unix' ? address.path : joinHostPort(address.host, address.port);
}

/** What `net.Server.address()` gives, as logs show it: `127.0.0.1:4150`, `[::]:4150`, the path of a unix socket. */
export function formatBoundAddress(address: AddressInfo | string | null): string {
  if (address === null) return '';
  return typeof address === 'string' ? address : joinHostPort(address.address, address.port);
}

export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Undefined when the text is not `host:port`: no colon, one too many, stray brackets. */
function splitHostPort(text: string): { host: string; port: string } | undefined {
  const match = /^\[([^[\]]*)\]:([^:[\]]*)$/.exec(text) ?? /^([^:[\]]*):([^:[\]]*)$/.exec(text);
  if (match === null) return undefined;
  return { host: match[1] ?? '', port: match[2] ?? '' };
}
