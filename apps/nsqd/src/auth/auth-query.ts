import { goJson } from '@nsq/service';

/** What an auth server is told of a client. */
export interface AuthSubject {
  /** As the client gave it; any bytes. */
  readonly secret: Buffer;
  /** Empty on a unix socket. */
  readonly remoteIp: string;
  readonly tls: boolean;
  /** Of the client's certificate; empty without one. */
  readonly commonName: string;
}

const UNRESERVED = /^[A-Za-z0-9\-_.~]$/;

/** The URL of an auth server: one that is given as such, or `/auth` of an address. */
export function authUrl(address: string): string {
  return address.includes('://') ? address : `http://${address}/auth`;
}

/** The parameters in a query string, in the alphabetical order that the reference has. */
export function authQuery(subject: AuthSubject): string {
  const { commonName, remoteIp, secret, tls } = subject;
  const name = formEncode(Buffer.from(commonName));
  return `common_name=${name}&remote_ip=${formEncode(Buffer.from(remoteIp))}&secret=${formEncode(secret)}&tls=${tls}`;
}

/** The same as a JSON object of lists. Bytes of the secret that are not UTF-8 are replaced. */
export function authJson({ commonName, remoteIp, secret, tls }: AuthSubject): string {
  return goJson({ common_name: [commonName], remote_ip: [remoteIp], secret: [secret.toString('utf8')], tls: [String(tls)] });
}

function formEncode(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (char === ' ') text += '+';
    else text += UNRESERVED.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/** The IP address in the text that logs show for a client: `127.0.0.1:50514`, `[::1]:50514`, or `@` for a unix socket. */
export function ipOf(peer: string): string {
  return peer.slice(0, Math.max(0, peer.lastIndexOf(':'))).replace(/^\[|\]$/g, '');
}
