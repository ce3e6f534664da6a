import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The daemon's own test certificates, for localhost: see the README beside them. */
const FOLDER = new URL('../../../apps/nsqd/test/fixtures/tls/', import.meta.url);

const pathOf = (name: string): string => fileURLToPath(new URL(name, FOLDER));

/** Flags that give a daemon a certificate, and HTTPS on a free port. */
export const tlsFlags: readonly string[] = [
  `--tls-cert=${pathOf('server.pem')}`,
  `--tls-key=${pathOf('server.key')}`,
  '--https-address=127.0.0.1:0',
];

/** The authority behind that certificate, as PEM. */
export function tlsAuthority(): Buffer {
  return readFileSync(pathOf('ca.pem'));
}
