/** Where a daemon listens: a host and a port, or a unix socket. */
export interface Address {
  /** As it is shown in errors and events, and as addresses are compared. */
  readonly text: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

export const DEFAULT_NSQD_PORT = 4150;

/**
 * Reads `host:port`, `host`, `[v6]:port`, or the path of a unix socket (anything with a slash, `unix:` allowed before it).
 * @throws {TypeError} when it is none of these
 */
export function parseAddress(text: string, defaultPort = DEFAULT_NSQD_PORT): Address {
  if (text.startsWith('unix:') || text.includes('/')) return unixSocket(text);
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = v6 ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port < 1 || port > 65_535) throw new TypeError(`not an address (host:port or a path): ${JSON.stringify(text)}`);
  return { text: formatHostPort(host, port), host, port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function unixSocket(text: string): Address {
  const path = text.replace(/^unix:(\/\/)?/, '');
  if (path === '' || text.includes('://') !== text.startsWith('unix://'))
    throw new TypeError(`not an address (host:port or a path): ${JSON.stringify(text)}`);
  return { text: path, path };
}
