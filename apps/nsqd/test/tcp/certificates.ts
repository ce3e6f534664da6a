import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { NsqdOptions } from '../../src/options.js';

/** Made with openssl, valid for a hundred years: see README.md beside them. */
const FOLDER = new URL('../fixtures/tls/', import.meta.url);

export const pathOf = (name: string): string => fileURLToPath(new URL(name, FOLDER));
export const pem = (name: string): Buffer => readFileSync(new URL(name, FOLDER));

/** A daemon with a certificate of the authority in `ca.pem`. */
export const serverCertificate: Partial<NsqdOptions> = { tlsCert: pathOf('server.pem'), tlsKey: pathOf('server.key') };
/** A client that knows it. */
export const trusting = { ca: pem('ca.pem'), servername: 'localhost' };
export const withClientCertificate = { ...trusting, cert: pem('client.pem'), key: pem('client.key') };
/** Signed by nobody but itself. */
export const withStrangersCertificate = { ...trusting, cert: pem('stranger.pem'), key: pem('stranger.key') };
