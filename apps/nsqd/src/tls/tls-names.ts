import type { TLSSocket } from 'node:tls';

/** Suites that the reference has a name for. */
const NAMED = new Set([
  'TLS_RSA_WITH_RC4_128_SHA',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_RC4_128_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_RC4_128_SHA',
  'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
]);

/** The others that OpenSSL may agree on, which the reference shows by number. */
const NUMBERED: ReadonlyMap<string, number> = new Map([
  ['TLS_AES_128_GCM_SHA256', 0x1301],
  ['TLS_AES_256_GCM_SHA384', 0x1302],
  ['TLS_CHACHA20_POLY1305_SHA256', 0x1303],
  ['TLS_AES_128_CCM_SHA256', 0x1304],
  ['TLS_AES_128_CCM_8_SHA256', 0x1305],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 0xc02c],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 0xc030],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 0xcca8],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 0xcca9],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 0xc023],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', 0xc024],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 0xc027],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 0xc028],
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 0x009c],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 0x009d],
  ['TLS_RSA_WITH_AES_128_CBC_SHA256', 0x003c],
  ['TLS_RSA_WITH_AES_256_CBC_SHA256', 0x003d],
]);

/** What is known of a TLS connection, in the words of /stats. */
export interface TlsNames {
  /** `TLS1.0` to `TLS1.3`. */
  readonly version: string;
  /** The name of the suite, or `Unknown` and its number. */
  readonly cipherSuite: string;
  /** Common name of the client's certificate, the last if it has several; empty without a certificate. Auth servers are told. */
  readonly commonName: string;
}

/** The reference's name for a suite. @param name the standard's; one that is in no list counts as number 0 */
export function cipherSuiteName(name: string): string {
  return NAMED.has(name) ? name : `Unknown ${NUMBERED.get(name) ?? 0}`;
}

/** @param socket its handshake is done */
export function tlsNames(socket: TLSSocket): TlsNames {
  const version = (socket.getProtocol() ?? '').replace('TLSv', 'TLS');
  return {
    version: version === 'TLS1' ? 'TLS1.0' : version,
    cipherSuite: cipherSuiteName(socket.getCipher().standardName),
    commonName: commonNameOf(socket),
  };
}

function commonNameOf(socket: TLSSocket): string {
  const name = socket.getPeerX509Certificate()?.toLegacyObject().subject.CN;
  return (Array.isArray(name) ? name.at(-1) : name) ?? '';
}
