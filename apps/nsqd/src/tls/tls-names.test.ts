import type { TLSSocket } from 'node:tls';
import { cipherSuiteName, tlsNames } from './tls-names.js';

/** What a finished handshake tells; the client has shown a certificate when it has names. */
const socketOf = (protocol: string | null, standardName: string, names?: string | string[]): TLSSocket =>
  ({
    getProtocol: () => protocol,
    getCipher: () => ({ name: 'x', standardName, version: 'x' }),
    getPeerX509Certificate: () => (names === undefined ? undefined : { toLegacyObject: () => ({ subject: { CN: names } }) }),
  }) as unknown as TLSSocket;

it.each([
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
  ['TLS_AES_128_GCM_SHA256', 'Unknown 4865'],
  ['TLS_AES_256_GCM_SHA384', 'Unknown 4866'],
  ['TLS_CHACHA20_POLY1305_SHA256', 'Unknown 4867'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'Unknown 49200'],
  ['TLS_OF_TOMORROW', 'Unknown 0'],
])('shows the suite %s as %s', (name, shown) => {
  expect(cipherSuiteName(name)).toBe(shown);
});

it.each([
  ['TLSv1', 'TLS1.0'],
  ['TLSv1.1', 'TLS1.1'],
  ['TLSv1.2', 'TLS1.2'],
  ['TLSv1.3', 'TLS1.3'],
  [null, ''],
])('shows the version %s as %s', (protocol, version) => {
  expect(tlsNames(socketOf(protocol, 'TLS_AES_128_GCM_SHA256'))).toEqual({ version, cipherSuite: 'Unknown 4865', commonName: '' });
});

it.each([
  ['client.example', 'client.example'],
  [['first', 'last'], 'last'],
])('shows the common name %j as %s', (names, shown) => {
  expect(tlsNames(socketOf('TLSv1.3', 'TLS_AES_128_GCM_SHA256', names)).commonName).toBe(shown);
});
