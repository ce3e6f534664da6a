import type { ServerResponse } from 'node:http';
import { encodeAuth, encodeMpub, encodePub, encodeSub } from '@nsq/protocol';
import { Logger } from '@nsq/service';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Nsqd } from '../../src/index.js';
import type { NsqdOptions } from '../../src/options.js';
import { pathOf, serverCertificate, withClientCertificate } from '../tcp/certificates.js';
import { Daemon } from '../tcp/daemon.js';
import { AuthServer, grant, granting, withAuthServer, type Reply } from './auth-server.js';

const OK = '{"identity":"alice","identity_url":"http://alice.example","permission_count":1}';
const FAILED = ['!E_AUTH_FAILED AUTH failed'];
const EVERYTHING = granting('.* .* publish,subscribe');
const PUB = encodePub('t', Buffer.from('x'));
const AUTH = encodeAuth(Buffer.from('secret'));
const TLS = { feature_negotiation: true, tls_v1: true };

/** A daemon that asks these servers, and the warnings it logs. */
async function withDaemon(
  addresses: readonly string[],
  options: Partial<NsqdOptions>,
  test: (daemon: Daemon, warnings: readonly string[]) => Promise<void>,
): Promise<void> {
  const dataPath = await mkdtemp(join(tmpdir(), 'nsqd-auth-'));
  const logged: string[] = [];
  const logger = new Logger({ level: 'warn', write: (line) => logged.push(line.replace(/^\S+ \S+ /, '').trimEnd()) });
  const host = '127.0.0.1:0';
  const nsqd = await Nsqd.start(
    { dataPath, tcpAddress: host, httpAddress: host, httpsAddress: host, authHttpAddresses: [...addresses], ...options },
    { logger },
  );
  const daemon = new Daemon(nsqd, logged);
  try {
    await test(daemon, logged);
    expect(logged.filter((line) => line.includes('internal error'))).toEqual([]);
  } finally {
    await nsqd.stop();
    await daemon.destroyClients();
    await rm(dataPath, { recursive: true, force: true });
  }
}

describe('an answer that is none', () => {
  const rule = (topic: string, channel: string, permission: string): Reply => ({
    body: JSON.stringify({ ttl: 1, authorizations: [{ topic, channels: [channel], permissions: [permission] }] }),
  });
  const large = 'x'.repeat(1025);
  const cases: readonly (readonly [string, Reply, string | RegExp])[] = [
    ['garbage', { body: '{"ttl":' }, /Unexpected end of JSON input/],
    ['empty', {}, /Unexpected end of JSON input/],
    ['no object', { body: '[]' }, 'answer is not an object'],
    ['null', { body: 'null' }, 'invalid TTL 0 (must be >0)'],
    ['a status', { status: 401, body: 'no' }, 'got response 401 Unauthorized "no"'],
    ['another success', { status: 201, body: EVERYTHING.body ?? '' }, /^got response 201 Created "/],
    ['forbidden', { status: 403, body: '{"message":"no"}' }, 'got response 403 Forbidden "{\\"message\\":\\"no\\"}"'],
    ['no TTL', { body: '{"authorizations":[]}' }, 'invalid TTL 0 (must be >0)'],
    ['a negative TTL', grant({ ttl: -1 }), 'invalid TTL -1 (must be >0)'],
    ['a TTL in parts', grant({ ttl: 1.5 }), 'ttl is not an integer'],
    ['a TTL in words', grant({ ttl: '60' }), 'ttl is not an integer'],
    ['a number for a name', grant({ identity: 1 }), 'identity is not a string'],
    ['a name without end', grant({ identity: 'x'.repeat(5000) }), 'identity is longer than 4096 characters'],
    ['a word for a list', grant({ authorizations: 'x' }), 'authorizations is not a list'],
    ['too many', grant({ authorizations: Array(1001).fill({}) }), '1001 authorizations are more than 1000'],
    ['an unknown permission', rule('.*', '.*', 'x'), 'unknown permission "x"'],
    ['no expression', rule('(', '.*', 'publish'), /^unable to compile topic "\(" error parsing regexp: missing closing \)/],
    [
      'a channel that is no expression',
      rule('.*', '[', 'publish'),
      /^unable to compile channel "\[" error parsing regexp: missing closing \]/,
    ],
    ['look-ahead', rule('(?=x)', '.*', 'publish'), /^unable to compile topic "\(\?=x\)" error parsing regexp: /],
    ['a back-reference', rule('(a)\\1', '.*', 'publish'), /^unable to compile topic "\(a\)\\\\1" error parsing regexp: invalid escape/],
    ['a repetition too many', rule('((a{100}){100}){100}', '.*', 'publish'), /invalid repeat count/],
    ['too long an expression', rule(large, '.*', 'publish'), /^unable to compile topic "x{100}" longer than 1024 characters$/],
    ['too large an expression', rule('\\pL{1000}'.repeat(60), '.*', 'publish'), /^unable to compile topic ".*" expression too large$/],
    [
      'expressions too large together',
      grant({ authorizations: Array.from({ length: 60 }, (_, i) => ({ topic: `^${i}x{1000}` })) }),
      /the expressions of the answer are too large together$/,
    ],
  ];

  it.each(cases)('%s: the client learns that it failed, the log why', async (_name, reply, reason) => {
    await withAuthServer(
      () => reply,
      async (server) => {
        await withDaemon([server.address], {}, async (daemon, warnings) => {
          const client = await daemon.client();
          expect(await client.send(AUTH, PUB).rest()).toEqual(FAILED);
          const prefix = /^WARNING: PROTOCOL\(V2\): \[127\.0\.0\.1:\d+\] AUTH failed failed to auth against (\S+) - (.*)$/;
          const [, address, text] = prefix.exec(warnings[0] ?? '') ?? [];
          expect(address).toBe(server.address);
          expect(text).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
          expect(warnings.join()).not.toContain('secret');
        });
      },
    );
  });

  it('no authorizations: says so', async () => {
    await withAuthServer(
      () => grant({}),
      async (server) => {
        await withDaemon([server.address], {}, async (daemon) => {
          const client = await daemon.client();
          expect(await client.send(AUTH).rest()).toEqual(['!E_UNAUTHORIZED AUTH no authorizations found']);
          expect([...daemon.nsqd.clients()].filter(({ authed }) => authed)).toEqual([]);
        });
      },
    );
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['a body that is too large', (response) => void response.end(' '.repeat(1024 * 1024 + 1)), /longer than 1048576 bytes/],
    ['a body without end', (response) => void response.write(' '.repeat(1024 * 1024 + 1)), /longer than 1048576 bytes/],
    ['a redirect', (response) => void response.writeHead(302, { Location: '/' }).end(), /got response 302 Found/],
    ['silence', () => undefined, /request timed out after 100 ms/],
    ['half an answer', (response) => void response.write('{'), /request timed out after 100 ms/],
    ['a cut', (response) => void response.destroy(), /socket hang up/],
  ])('%s', async (_name, respond, reason) => {
    const options = { httpClientRequestTimeout: 100 };
    const answer = (_secret: string, response: ServerResponse): undefined => {
      respond(response);
    };
    await withAuthServer(answer, async (server) => {
      await withDaemon([server.address], options, async (daemon, warnings) => {
        const client = await daemon.client();
        expect(await client.send(AUTH).rest()).toEqual(FAILED);
        expect(warnings[0]).toMatch(reason);
        expect(server.asked).toHaveLength(1);
      });
    });
  });

  it('keys in other letters, and unknown ones, are understood', async () => {
    const body = '{"TTL":5,"Identity":"bob","x":1,"Authorizations":[{"Topic":"^t$","CHANNELS":[""],"permissions":["publish"],"y":{}}]}';
    await withAuthServer(
      () => ({ body }),
      async (server) => {
        await withDaemon([server.address], {}, async (daemon) => {
          const client = await daemon.client();
          expect(await client.send(AUTH).text()).toBe('{"identity":"bob","identity_url":"","permission_count":1}');
          await client.send(PUB).ok();
        });
      },
    );
  });
});

it('is not held up by an expression that others take exponential time for', async () => {
  const evil = '^(([a-z])+.)+[A-Z]([a-z])+$ .* publish';
  await withAuthServer(
    () => granting(evil),
    async (server) => {
      await withDaemon([server.address], {}, async (daemon) => {
        const client = await daemon.client();
        expect(await client.send(AUTH).text()).toBe(OK);
        const topic = 'a'.repeat(64);
        expect(await client.send(encodePub(topic, Buffer.from('x'))).rest()).toEqual([
          `!E_UNAUTHORIZED AUTH failed for PUB on "${topic}" ""`,
        ]);
      });
    },
  );
});

describe('several servers', () => {
  it('are asked until one answers', async () => {
    const dead = await new AuthServer(() => undefined).listen();
    const address = dead.address;
    await dead.close();
    await withAuthServer(
      () => ({ status: 500 }),
      async (broken) => {
        await withAuthServer(
          () => EVERYTHING,
          async (good) => {
            await withDaemon([address, broken.address, good.address], {}, async (daemon, warnings) => {
              for (let i = 0; i < 10; i++) {
                const client = await daemon.client();
                expect(await client.send(AUTH).text()).toBe(OK);
              }
              expect(good.asked).toHaveLength(10);
              expect(warnings).toEqual([]);
            });
          },
        );
      },
    );
  });

  it('all fail with all their reasons', async () => {
    await withAuthServer(
      () => ({ status: 500 }),
      async (server) => {
        await withDaemon([server.address, server.address], {}, async (daemon, warnings) => {
          const client = await daemon.client();
          expect(await client.send(AUTH).rest()).toEqual(FAILED);
          const one = `failed to auth against ${server.address} - got response 500 Internal Server Error ""`;
          expect(warnings[0]).toMatch(new RegExp(`AUTH failed ${one}; ${one}$`));
        });
      },
    );
  });
});

describe('permissions that have run out', () => {
  const short = (...rules: readonly string[]): Reply => grant({ ttl: 1 }, ...rules);

  /** Publishes until the server has been asked a second time; the answers that are no OK. */
  async function publishUntilAsked(daemon: Daemon, server: AuthServer, change: () => void | Promise<void>): Promise<string[]> {
    const client = await daemon.client();
    client.send(AUTH);
    expect(await client.text()).toBe(OK);
    await client.send(PUB).ok();
    await change();
    for (;;) {
      if (server.asked.length > 1) return [];
      const text = await client.send(PUB).text();
      if (text !== 'OK') return [text, ...(await client.rest())];
    }
  }

  it('are asked for again with the same secret', async () => {
    await withAuthServer(
      () => short('.* .* publish'),
      async (server) => {
        await withDaemon([server.address], {}, async (daemon) => {
          expect(await publishUntilAsked(daemon, server, () => undefined)).toEqual([]);
          expect(server.asked[1]).toBe(server.asked[0]);
        });
      },
    );
  });

  it('change with the next answer', async () => {
    await withAuthServer(
      () => short('.* .* publish'),
      async (server) => {
        await withDaemon([server.address], {}, async (daemon) => {
          const change = (): void => void (server.answer = () => short('^other$ .* publish'));
          expect(await publishUntilAsked(daemon, server, change)).toEqual(['!E_UNAUTHORIZED AUTH failed for PUB on "t" ""']);
        });
      },
    );
  });

  it('end with an answer that grants nothing', async () => {
    await withAuthServer(
      () => short('.* .* publish'),
      async (server) => {
        await withDaemon([server.address], {}, async (daemon) => {
          const change = (): void => void (server.answer = () => short());
          expect(await publishUntilAsked(daemon, server, change)).toEqual(['!E_UNAUTHORIZED AUTH failed for PUB on "t" ""']);
        });
      },
    );
  });

  it('end when no server can be asked', async () => {
    await withAuthServer(
      () => short('.* .* publish'),
      async (server) => {
        await withDaemon([server.address], {}, async (daemon, warnings) => {
          const { address } = server;
          expect(await publishUntilAsked(daemon, server, () => server.close())).toEqual(FAILED);
          expect(warnings[0]).toMatch(`failed to auth against ${address} - connect ECONNREFUSED ${address}`);
        });
      },
    );
  });

  it.each([
    ['MPUB', encodeMpub('u', [Buffer.from('x'), Buffer.from('y')])],
    ['SUB', encodeSub('u', 'c')],
  ])('are asked for again before %s, and what follows waits', async (_name, command) => {
    await withAuthServer(
      () => short('.* .* publish,subscribe'),
      async (server) => {
        await withDaemon([server.address], {}, async (daemon) => {
          const client = await daemon.client();
          client.send(AUTH);
          expect(await client.text()).toBe(OK);
          const other = await daemon.client();
          other.send(AUTH);
          expect(await other.text()).toBe(OK);
          const { engine } = daemon.nsqd;
          for (const expired = engine.now + 1000; engine.now <= expired;) await other.send(PUB).ok();
          const before = server.asked.length;
          await client.send(command, PUB).ok(2);
          expect(server.asked).toHaveLength(before + 1);
        });
      },
    );
  });
});

describe('TLS', () => {
  const HTTPS = { ...serverCertificate, tlsRootCaFile: pathOf('ca.pem') };

  async function withSecureServer(test: (server: AuthServer) => Promise<void>): Promise<void> {
    const server = await new AuthServer(() => EVERYTHING, true).listen();
    try {
      await test(server);
    } finally {
      await server.close();
    }
  }

  it('to the server trusts the authorities of --tls-root-ca-file', async () => {
    await withSecureServer(async (server) => {
      await withDaemon([server.url], { tlsRootCaFile: pathOf('ca.pem') }, async (daemon) => {
        const client = await daemon.client();
        expect(await client.send(AUTH).text()).toBe(OK);
      });
    });
  });

  it('to the server trusts nobody unknown', async () => {
    await withSecureServer(async (server) => {
      await withDaemon([server.url], {}, async (daemon, warnings) => {
        const client = await daemon.client();
        expect(await client.send(AUTH).rest()).toEqual(FAILED);
        expect(warnings[0]).toMatch(/ - unable to verify the first certificate/);
        expect(server.asked).toEqual([]);
      });
    });
  });

  it('to the server trusts the authorities that a reload has found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nsqd-ca-'));
    const tlsRootCaFile = join(folder, 'ca.pem');
    await copyFile(pathOf('stranger.pem'), tlsRootCaFile);
    await withSecureServer(async (server) => {
      await withDaemon([server.url], { tlsRootCaFile }, async (daemon) => {
        const first = await daemon.client();
        expect(await first.send(AUTH).rest()).toEqual(FAILED);
        await copyFile(pathOf('ca.pem'), tlsRootCaFile);
        expect(daemon.nsqd.reload({ ...daemon.nsqd.options })).toBeUndefined();
        const second = await daemon.client();
        expect(await second.send(AUTH).text()).toBe(OK);
      });
    });
    await rm(folder, { recursive: true });
  });

  it('to the server is what a 403 may ask for', async () => {
    await withSecureServer(async (secure) => {
      await withAuthServer(
        () => ({ status: 403, body: `{"https_port":${secure.port}}` }),
        async (server) => {
          await withDaemon([`localhost:${server.port}`], { tlsRootCaFile: pathOf('ca.pem') }, async (daemon) => {
            const client = await daemon.client();
            expect(await client.send(AUTH).text()).toBe(OK);
            expect(secure.asked).toEqual(server.asked);
          });
        },
      );
    });
  });

  it('of the client is told to the server, with the common name of its certificate', async () => {
    await withAuthServer(
      () => EVERYTHING,
      async (server) => {
        await withDaemon([server.address], { ...HTTPS, tlsClientAuthPolicy: 'require-verify' }, async (daemon) => {
          const client = daemon.connect();
          expect(await client.negotiate(TLS)).toMatchObject({ auth_required: true });
          await client.startTls(withClientCertificate);
          await client.ok();
          expect(await client.send(AUTH).text()).toBe(OK);
          await client.send(PUB).ok();
          expect(server.asked).toEqual(['GET /auth?common_name=client&remote_ip=127.0.0.1&secret=secret&tls=true']);
        });
      },
    );
  });
});
