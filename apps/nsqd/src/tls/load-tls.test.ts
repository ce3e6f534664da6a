import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf, pem } from '../../test/tcp/certificates.js';
import { loadTls, type LoadedTls } from './load-tls.js';

type Files = Parameters<typeof loadTls>[0];

const NOTHING: Files = { tlsCert: '', tlsKey: '', tlsRootCaFile: '', tlsMinVersion: 'tls1.0', tlsClientAuthPolicy: '' };
const SERVER: Files = { ...NOTHING, tlsCert: pathOf('server.pem'), tlsKey: pathOf('server.key') };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nsqd-tls-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const load = (files: Partial<Files>): LoadedTls => loadTls({ ...SERVER, ...files });
function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

it('has nothing for servers without a certificate and a key', () => {
  const { config, problem } = loadTls(NOTHING);
  expect([config, problem]).toEqual([undefined, undefined]);
});

it('takes certificate, key and authorities', () => {
  const { config, problem, clientProblem } = load({ tlsRootCaFile: pathOf('ca.pem'), tlsClientAuthPolicy: 'require-verify' });
  expect([problem, clientProblem]).toEqual([undefined, undefined]);
  expect(config?.serverOptions).toMatchObject({ requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1', maxVersion: 'TLSv1.3' });
  expect(config?.serverOptions.ca).toEqual(pem('ca.pem'));
});

it.each([
  ['', false],
  ['no-such-word', false],
  ['require', true],
  ['require-verify', true],
])('asks for client certificates with the policy %j: %p', (tlsClientAuthPolicy, requestCert) => {
  expect(load({ tlsClientAuthPolicy }).config?.serverOptions.requestCert).toBe(requestCert);
});

it('takes a chain with text around it, and the key in the same file', () => {
  const both = Buffer.concat([Buffer.from('subject: localhost\n'), pem('server.pem'), pem('ca.pem'), pem('server.key')]);
  const path = file('both.pem', both);
  const { config, problem } = load({ tlsCert: path, tlsKey: path });
  expect(problem).toBeUndefined();
  expect(config).toBeDefined();
});

describe('refuses to start', () => {
  const say = (files: Partial<Files>): string | undefined => load(files).problem;

  it.each([
    ['a key without a certificate', { tlsCert: '' }],
    ['a certificate without a key', { tlsKey: '' }],
  ])('with %s', (_, files) => {
    expect(say(files)).toBe('failed to build TLS config - open : no such file or directory');
  });

  it.each(['tlsCert', 'tlsKey', 'tlsRootCaFile'] as const)('with a file that is not there: %s', (name) => {
    const path = join(folder, 'missing.pem');
    expect(say({ [name]: path })).toBe(`failed to build TLS config - open ${path}: no such file or directory`);
  });

  it('with a certificate file that holds none', () => {
    expect(say({ tlsCert: pathOf('server.key') })).toBe(
      'failed to build TLS config - tls: failed to find any PEM data in certificate input',
    );
  });

  it('with a key file that holds none', () => {
    expect(say({ tlsKey: pathOf('server.pem') })).toBe('failed to build TLS config - tls: failed to find any PEM data in key input');
  });

  it.each(['client.key', 'stranger.key'])('with the key of another certificate: %s', (key) => {
    expect(say({ tlsKey: pathOf(key) })).toBe('failed to build TLS config - tls: private key does not match public key');
  });

  it('with a certificate that is damaged', () => {
    const damaged = pem('server.pem')
      .toString()
      .replace(/[A-Za-z]{20}/, 'A'.repeat(20));
    expect(say({ tlsCert: file('damaged.pem', damaged) })).toMatch(/^failed to build TLS config - ./);
  });

  it('with authorities of which none can be read', () => {
    const empty = file('empty.pem', 'nothing here\n');
    expect(load({ tlsRootCaFile: empty })).toMatchObject({
      problem: 'failed to build TLS config - failed to append certificate to pool',
      clientProblem: 'failed to build client TLS config - failed to append certificate to pool',
    });
  });

  it('with authorities that cannot be used for requests of its own, also without a certificate', () => {
    const path = join(folder, 'missing.pem');
    expect(loadTls({ ...NOTHING, tlsRootCaFile: path })).toEqual({
      clientProblem: `failed to build client TLS config - open ${path}: no such file or directory`,
    });
  });
});
