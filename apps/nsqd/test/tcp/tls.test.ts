import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { MAGIC_V2, encodeIdentify, encodePub } from '@nsq/protocol';
import { serverCertificate, pathOf, pem, trusting, withClientCertificate, withStrangersCertificate } from './certificates.js';
import { eventually, withDaemon } from './daemon.js';

const TLS = { feature_negotiation: true, tls_v1: true };
const REFUSED = /^!E_IDENTIFY_FAILED IDENTIFY failed /;
const HANDSHAKE_MS = 5000;

describe('a handshake that fails', () => {
  it('is answered in plain text when it is none', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = daemon.connect();
      await client.negotiate(TLS);
      client.socket.write('NOP\nNOP\n');
      expect(await client.plain().rest()).toEqual([
        '!E_IDENTIFY_FAILED IDENTIFY failed tls: first record does not look like a TLS handshake',
      ]);
    });
  });

  it('is answered in plain text when it came right behind IDENTIFY and is none', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = daemon.connect();
      client.send(MAGIC_V2, encodeIdentify(TLS), encodePub('t', Buffer.from('secret')));
      await client.text();
      expect(await client.rest()).toEqual([expect.stringMatching(REFUSED)]);
      expect(daemon.nsqd.engine.topics.size).toBe(0);
    });
  });

  it('ends after five seconds of silence, and no heartbeat comes before', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = daemon.connect();
      await client.negotiate({ ...TLS, heartbeat_interval: 1000 });
      const from = performance.now();
      expect(await client.plain().rest()).toEqual([
        expect.stringMatching(/IDENTIFY failed read tcp 127.0.0.1:\d+->127.0.0.1:\d+: i\/o timeout$/),
      ]);
      expect(performance.now() - from).toBeGreaterThan(HANDSHAKE_MS - 100);
      expect(performance.now() - from).toBeLessThan(HANDSHAKE_MS + 2500);
    });
  }, 15_000);

  it.each(['16', '1603010200', '160301020001000100'])('ends with a client that leaves behind %s', async (begun) => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = daemon.connect();
      await client.negotiate(TLS);
      client.socket.write(Buffer.from(begun, 'hex'));
      await client.plain().finish().end();
      expect(daemon.logged.join()).toMatch(/ - E_IDENTIFY_FAILED IDENTIFY failed EOF/);
    });
  });

  it('does not outlive a daemon that stops', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = daemon.connect();
      await client.negotiate(TLS);
      client.socket.write(Buffer.from('160301', 'hex'));
      await daemon.nsqd.stop();
      await client.plain().end();
    });
  });

  it('is refused below the lowest version', async () => {
    await withDaemon({ ...serverCertificate, tlsMinVersion: 'tls1.3' }, async (daemon) => {
      const client = daemon.connect();
      await client.negotiate(TLS);
      await expect(client.startTls({ ...trusting, maxVersion: 'TLSv1.2' })).rejects.toThrow(/alert protocol version/);
      expect(await client.plain().rest()).toEqual([]);
    });
  });
});

it('closes a connection whose TLS is damaged after the handshake', async () => {
  await withDaemon(serverCertificate, async (daemon) => {
    const client = daemon.connect();
    await client.negotiate({ ...TLS, heartbeat_interval: -1 });
    await client.startTls(trusting);
    await client.ok();
    // A record of application data that nobody has made with the key.
    client.socket.write(Buffer.concat([Buffer.from('1703030020', 'hex'), Buffer.alloc(32)]));
    await client.end();
    await eventually('it is forgotten', () => daemon.connections === 0);
  });
});

it.each([
  ['TLSv1', 'TLS1.0'],
  ['TLSv1.2', 'TLS1.2'],
] as const)('speaks %s, shown as %s', async (version, shown) => {
  await withDaemon(serverCertificate, async (daemon) => {
    const client = daemon.connect();
    await client.negotiate(TLS);
    await client.startTls({ ...trusting, minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' });
    await client.ok();
    expect([...daemon.nsqd.clients()]).toMatchObject([{ tlsVersion: shown }]);
  });
});

it('is not offered without a certificate', async () => {
  await withDaemon({}, async (daemon) => {
    const client = daemon.connect();
    expect(await client.negotiate(TLS)).toMatchObject({ tls_v1: false });
    await client.send(encodePub('t', Buffer.from('plain'))).ok();
  });
});

describe('client certificates', () => {
  it.each([
    ['require', 'of the authority', withClientCertificate, true],
    ['require', 'of a stranger', withStrangersCertificate, true],
    ['require', 'missing', trusting, false],
    ['require-verify', 'of the authority', withClientCertificate, true],
    ['require-verify', 'of a stranger', withStrangersCertificate, false],
    ['require-verify', 'missing', trusting, false],
    ['no-such-word', 'missing', trusting, true],
  ])('with %s: %s', async (tlsClientAuthPolicy, _, options, accepted) => {
    await withDaemon({ ...serverCertificate, tlsClientAuthPolicy, tlsRootCaFile: pathOf('ca.pem') }, async (daemon) => {
      const client = daemon.connect();
      await client.negotiate(TLS);
      await client.startTls(options);
      if (accepted) await client.ok();
      else expect(await client.rest()).toEqual([]);
      const get = (): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const url = { host: '127.0.0.1', port: daemon.nsqd.httpsPort, path: '/ping', agent: false, ...options };
          https.get(url, (response) => resolve(response.resume().statusCode)).on('error', reject);
        });
      if (accepted) expect(await get()).toBe(200);
      else await expect(get()).rejects.toThrow();
      const plain = await fetch(`http://127.0.0.1:${daemon.nsqd.httpPort}/ping`);
      expect(plain.status).toBe(403);
      expect(await plain.text()).toBe(`{"message": "TLS_REQUIRED", "https_port": ${daemon.nsqd.httpsPort}}`);
    });
  });
});

it('judges client certificates by the authorities of the last reload, over TCP and HTTPS', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nsqd-ca-'));
  const tlsRootCaFile = join(folder, 'ca.pem');
  await copyFile(pathOf('stranger.pem'), tlsRootCaFile);
  await withDaemon({ ...serverCertificate, tlsClientAuthPolicy: 'require-verify', tlsRootCaFile }, async (daemon) => {
    const { nsqd } = daemon;
    const enter = async (options: ConnectionOptions): Promise<[tcp: string, https: number]> => {
      const client = daemon.connect();
      await client.negotiate(TLS);
      await client.startTls(options);
      const tcp = await client.text().catch(() => 'refused');
      const status = await new Promise<number>((resolve) => {
        const url = { host: '127.0.0.1', port: nsqd.httpsPort, path: '/ping', agent: false, ...options };
        https.get(url, (response) => resolve(response.resume().statusCode ?? 0)).on('error', () => resolve(0));
      });
      return [tcp, status];
    };
    expect([await enter(withStrangersCertificate), await enter(withClientCertificate)]).toEqual([
      ['OK', 200],
      ['refused', 0],
    ]);
    await copyFile(pathOf('ca.pem'), tlsRootCaFile);
    expect(nsqd.reload({ ...nsqd.options })).toBeUndefined();
    expect([await enter(withStrangersCertificate), await enter(withClientCertificate)]).toEqual([
      ['refused', 0],
      ['OK', 200],
    ]);
  });
  await rm(folder, { recursive: true });
});

describe('required TLS', () => {
  it.each([
    ['yes', 403],
    ['tcp-https', 200],
  ] as const)('%s refuses plain TCP commands, and answers plain HTTP with %d', async (tlsRequired, status) => {
    await withDaemon({ ...serverCertificate, tlsRequired }, async (daemon) => {
      const plain = await daemon.client();
      expect(await plain.send(' x\n').rest()).toEqual(['!E_INVALID cannot  in current state (TLS required)']);
      const identified = await daemon.client({ client_id: 'a' });
      expect(await identified.send('NOP\n').rest()).toEqual(['!E_INVALID cannot NOP in current state (TLS required)']);
      const secure = daemon.connect();
      await secure.negotiate(TLS);
      await secure.startTls(trusting);
      await secure.ok();
      await secure.send(encodePub('t', Buffer.from('a'))).ok();
      expect((await fetch(`http://127.0.0.1:${daemon.nsqd.httpPort}/ping`)).status).toBe(status);
    });
  });
});

it('serves HTTPS with the same routes and the same certificate', async () => {
  await withDaemon(serverCertificate, async (daemon) => {
    const { httpsPort, httpPort } = daemon.nsqd;
    expect((await fetch(`http://127.0.0.1:${httpPort}/ping`)).status).toBe(200);
    const body = await new Promise<string>((resolve, reject) => {
      https
        .get(
          { host: '127.0.0.1', port: httpsPort, path: '/info', agent: false, ca: pem('ca.pem'), servername: 'localhost' },
          (response) => {
            let text = '';
            response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
          },
        )
        .on('error', reject);
    });
    expect(JSON.parse(body)).toMatchObject({ version: '1.3.0' });
  });
});
