import {
  DEFAULT_CIPHERS,
  createSecureContext,
  type SecureContextOptions,
  type SecureVersion,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import type { TlsMinVersion } from '@nsq/options';

/** As Node names them. */
export const SECURE_VERSIONS: Readonly<Record<TlsMinVersion, SecureVersion>> = {
  'tls1.0': 'TLSv1',
  'tls1.1': 'TLSv1.1',
  'tls1.2': 'TLSv1.2',
  'tls1.3': 'TLSv1.3',
};

/** What the daemon's TLS is made of, as PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Authorities for client certificates. @default those that Node trusts */
  readonly ca: Buffer | undefined;
}

/** Certificate, key and policy, for the TCP upgrade and for HTTPS alike. */
export class TlsConfig {
  readonly serverOptions: TlsOptions;
  readonly #certificate: 'none' | 'any' | 'verified';

  /**
   * @param policy of client certificates: `require` takes any, `require-verify` those of the authorities; with others none is asked for
   * @throws {Error} when certificate and key are not fit for use
   */
  constructor(files: TlsFiles, minVersion: TlsMinVersion, policy: string) {
    this.#certificate = policy === 'require' ? 'any' : policy === 'require-verify' ? 'verified' : 'none';
    const { cert, key, ca } = files;
    const context: SecureContextOptions = { cert, key, minVersion: SECURE_VERSIONS[minVersion], maxVersion: 'TLSv1.3' };
    // OpenSSL counts the signatures of TLS 1.0 and 1.1 as too weak unless it is told not to.
    if (minVersion === 'tls1.0' || minVersion === 'tls1.1') context.ciphers = `${DEFAULT_CIPHERS}:@SECLEVEL=0`;
    if (this.#certificate === 'verified' && ca !== undefined) context.ca = ca;
    createSecureContext(context);
    // Whether a certificate will do is asked once the handshake is through: Node's own refusal knows no "any".
    this.serverOptions = { ...context, requestCert: this.#certificate !== 'none', rejectUnauthorized: false };
  }

  /** What is wrong with the certificate of a client that has finished its handshake. */
  clientProblem(client: TLSSocket): string | undefined {
    if (this.#certificate === 'none') return undefined;
    if (client.getPeerX509Certificate() === undefined) return "tls: client didn't provide a certificate";
    if (this.#certificate === 'any' || client.authorized) return undefined;
    return `tls: failed to verify certificate: ${String(client.authorizationError)}`;
  }
}
