import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { systemErrorText } from '@nsq/service';
import type { NsqdOptions } from '../options.js';
import { SECURE_VERSIONS, TlsConfig } from './tls-config.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/;

/** What comes of the options' TLS files. */
export interface LoadedTls {
  /** Undefined without a certificate, and where there is a problem. */
  readonly config?: TlsConfig;
  /** For requests of the daemon's own over https. Undefined where there is a problem. */
  readonly client?: SecureContextOptions;
  /** Why it cannot be used, as a reason not to start. */
  readonly problem?: string;
  /** Why the authorities cannot be used for requests of the daemon's own. */
  readonly clientProblem?: string;
}

type TlsOptionNames = 'tlsCert' | 'tlsKey' | 'tlsRootCaFile' | 'tlsMinVersion' | 'tlsClientAuthPolicy';

/** Reads certificate, key and authorities. Never throws: what is wrong is said when its turn among the start-up checks comes. */
export function loadTls(options: Pick<NsqdOptions, TlsOptionNames>): LoadedTls {
  const { tlsCert, tlsKey, tlsRootCaFile, tlsMinVersion, tlsClientAuthPolicy } = options;
  let own: SecureContextOptions | undefined;
  const clientProblem = problemOf('client TLS', () => {
    const ca = readAuthorities(tlsRootCaFile);
    own = { minVersion: SECURE_VERSIONS[tlsMinVersion], ...(ca === undefined ? {} : { ca }) };
  });
  const client = clientProblem === undefined ? (own === undefined ? {} : { client: own }) : { clientProblem };
  if (tlsCert === '' && tlsKey === '') return client;
  let config: TlsConfig | undefined;
  const problem = problemOf('TLS', () => {
    const cert = readCertificate(tlsCert);
    const key = readKey(tlsKey);
    try {
      // OpenSSL compares them only when they are of the same kind.
      if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error('tls: private key does not match public key');
      config = new TlsConfig({ cert, key, ca: undefined }, tlsMinVersion, '');
    } catch (error) {
      throw new Error(parserText(error), { cause: error });
    }
    const ca = readAuthorities(tlsRootCaFile);
    config = new TlsConfig({ cert, key, ca }, tlsMinVersion, tlsClientAuthPolicy);
  });
  if (problem !== undefined) return { ...client, problem };
  return config === undefined ? client : { ...client, config };
}

function problemOf(what: string, load: () => unknown): string | undefined {
  try {
    load();
    return undefined;
  } catch (error) {
    return `failed to build ${what} config - ${error instanceof Error ? error.message : String(error)}`;
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`open ${path}: ${systemErrorText(error)}`, { cause: error });
  }
}

function readCertificate(path: string): Buffer {
  const pem = read(path);
  if (pem.toString('latin1').match(CERTIFICATE) === null) throw new Error('tls: failed to find any PEM data in certificate input');
  return pem;
}

function readKey(path: string): Buffer {
  const pem = read(path);
  if (!KEY.test(pem.toString('latin1'))) throw new Error('tls: failed to find any PEM data in key input');
  return pem;
}

/** @returns undefined when no file is named */
function readAuthorities(path: string): Buffer | undefined {
  if (path === '') return undefined;
  const pem = read(path);
  if (!(pem.toString('latin1').match(CERTIFICATE) ?? []).some(isCertificate)) throw new Error('failed to append certificate to pool');
  return pem;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint !== '';
  } catch {
    return false;
  }
}

function parserText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' ? 'tls: private key does not match public key' : message;
}
