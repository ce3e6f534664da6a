import { MAGIC_V2, encodeAuth, encodeDpub, encodeIdentify, encodeMpub, encodePub, encodeSub } from '@nsq/protocol';
import type { NsqdOptions } from '../../src/options.js';
import { withDaemon, type Daemon } from '../tcp/daemon.js';
import { grant, granting, withAuthServer, type AuthServer } from './auth-server.js';

const OK = '{"identity":"alice","identity_url":"http://alice.example","permission_count":1}';
const EVERYTHING = granting('.* .* publish,subscribe');
const pub = (topic: string): Buffer => encodePub(topic, Buffer.from('x'));
const auth = (secret = 'good'): Buffer => encodeAuth(Buffer.from(secret));

type Test = (daemon: Daemon, server: AuthServer) => Promise<void>;

async function withAuth(answer: AuthServer['answer'], test: Test, options: Partial<NsqdOptions> = {}): Promise<void> {
  await withAuthServer(answer, async (server) => {
    await withDaemon({ authHttpAddresses: [server.address], ...options }, (daemon) => test(daemon, server));
  });
}

describe('AUTH', () => {
  it('is asked of the server with what is known of the client', async () => {
    await withAuth(
      () => EVERYTHING,
      async (daemon, server) => {
        const client = await daemon.client();
        expect(await client.send(auth('my secret+/=')).text()).toBe(OK);
        expect(server.asked).toEqual(['GET /auth?common_name=&remote_ip=127.0.0.1&secret=my+secret%2B%2F%3D&tls=false']);
        expect(server.headers[0]).toMatchObject({ accept: 'application/vnd.nsq; version=1.0' });
      },
    );
  });

  it('can be asked with POST, where no URL shows the secret', async () => {
    await withAuth(
      () => EVERYTHING,
      async (daemon, server) => {
        const client = await daemon.client();
        expect(await client.send(auth('x y&')).text()).toBe(OK);
        expect(server.asked).toEqual(['POST /auth']);
        expect(server.bodies).toEqual(['{"common_name":[""],"remote_ip":["127.0.0.1"],"secret":["x y\\u0026"],"tls":["false"]}']);
        expect(server.headers[0]).toMatchObject({ 'content-type': 'application/json' });
      },
      { authHttpRequestMethod: 'post' },
    );
  });

  it('shows who it is in /stats, and that it is needed in IDENTIFY', async () => {
    await withAuth(
      () => grant({ identity: 'id<&>' }, '.* .* publish'),
      async (daemon) => {
        const client = await daemon.client();
        expect(JSON.parse(await client.send(encodeIdentify({ feature_negotiation: true })).text())).toMatchObject({ auth_required: true });
        expect([...daemon.nsqd.clients()]).toMatchObject([{ authed: false, authIdentity: '', authIdentityUrl: '' }]);
        expect(await client.send(auth()).text()).toBe(
          '{"identity":"id\\u003c\\u0026\\u003e","identity_url":"http://alice.example","permission_count":1}',
        );
        expect([...daemon.nsqd.clients()]).toMatchObject([
          { authed: true, authIdentity: 'id<&>', authIdentityUrl: 'http://alice.example' },
        ]);
        expect(JSON.parse(await client.send(encodeIdentify({ feature_negotiation: true })).text())).toMatchObject({ auth_required: true });
      },
    );
  });

  it('is disabled without a server', async () => {
    await withDaemon({}, async (daemon) => {
      const client = await daemon.client();
      expect(await client.send(auth()).rest()).toEqual(['!E_AUTH_DISABLED AUTH disabled']);
    });
  });

  it.each([
    ['SUB', encodeSub('t', 'c')],
    ['PUB', pub('t')],
    ['MPUB', encodeMpub('t', [Buffer.from('x')])],
    ['DPUB', encodeDpub('t', 1, Buffer.from('x'))],
  ])('must come before %s', async (command, bytes) => {
    await withAuth(
      () => EVERYTHING,
      async (daemon, server) => {
        const client = await daemon.client();
        expect(await client.send(bytes).rest()).toEqual([`!E_AUTH_FIRST AUTH required before ${command}`]);
        expect(daemon.nsqd.engine.topics.size).toBe(0);
        expect(server.asked).toEqual([]);
      },
    );
  });

  it('is refused the second time', async () => {
    await withAuth(
      () => EVERYTHING,
      async (daemon, server) => {
        const client = await daemon.client();
        expect(await client.send(auth(), auth('other')).rest()).toEqual([OK, '!E_INVALID AUTH already set']);
        expect(server.asked).toHaveLength(1);
      },
    );
  });

  it('is refused with a secret that no server would take', async () => {
    await withAuth(
      () => EVERYTHING,
      async (daemon, server) => {
        const client = await daemon.client();
        expect(await client.send(auth('x'.repeat(64 * 1024 + 1))).rest()).toEqual(['!E_AUTH_FAILED AUTH failed']);
        expect(server.asked).toEqual([]);
      },
    );
  });
});

describe('the order of commands', () => {
  it('is kept while a server takes its time, and others are served meanwhile', async () => {
    let release = (): void => undefined;
    const asked = new Promise<void>((begun) => {
      release = begun;
    });
    let finish = (): void => undefined;
    await withAuth(
      (_secret, response) => {
        finish = () => response.end(EVERYTHING.body);
        release();
        return undefined;
      },
      async (daemon) => {
        const slow = daemon.connect().send(MAGIC_V2, 'NOP\n', auth(), pub('a'), pub('a'), pub('b'), encodeSub('a', 'c'), 'RDY 2\n');
        await asked;
        slow.send(encodeDpub('b', 0, Buffer.from('late')));
        const other = await daemon.client({ client_id: 'other' });
        expect(await other.send(pub('t')).rest()).toEqual(['!E_AUTH_FIRST AUTH required before PUB']);
        expect(slow.unread).toBe(0);
        expect(daemon.nsqd.engine.topics.size).toBe(0);
        finish();
        expect(await slow.text()).toBe(OK);
        await slow.ok(4);
        expect([await slow.text(), await slow.text(), await slow.text()].sort()).toEqual(['OK', 'message x', 'message x']);
      },
    );
  });

  it('does not read on while a server takes its time', async () => {
    let asked = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await withAuth(
      () => {
        asked();
        return undefined;
      },
      async (daemon) => {
        const client = await daemon.client();
        client.send(auth());
        await begun;
        const chunk = Buffer.alloc(1024 * 1024);
        // More than the kernel holds for both sides: it can only be taken if the daemon reads it.
        for (let i = 0; i < 32; i++) client.socket.write(chunk);
        for (let i = 0; i < 100; i++) await (await fetch(`http://127.0.0.1:${daemon.nsqd.httpPort}/ping`)).text();
        expect(client.socket.writableLength).toBeGreaterThan(0);
        await client.destroy();
      },
    );
  });

  it('goes on sending heartbeats', async () => {
    await withAuth(
      () => undefined,
      async (daemon) => {
        const client = await daemon.client({ heartbeat_interval: 1000 });
        client.send(auth());
        expect(await client.text()).toBe('_heartbeat_');
      },
    );
  });

  it('gives a question up when its client goes away, and when the daemon stops', async () => {
    let dropped = 0;
    const requests: Promise<void>[] = [];
    await withAuth(
      (_secret, response) => {
        requests.push(new Promise((resolve) => response.once('close', resolve)));
        response.once('close', () => dropped++);
        return undefined;
      },
      async (daemon, server) => {
        const first = await daemon.client({ heartbeat_interval: 1000 });
        first.send(auth());
        while (server.asked.length < 1) await new Promise((resolve) => setImmediate(resolve));
        await first.destroy();
        const second = await daemon.client();
        second.send(auth());
        while (server.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
        await daemon.nsqd.stop();
        await Promise.all(requests);
        expect(dropped).toBe(2);
      },
    );
  });
});

describe('permissions', () => {
  const cases: readonly (readonly [rule: string, answer: string, command: Buffer])[] = [
    ['^allowed$ .* publish', 'OK', pub('allowed')],
    ['^allowed$ ^$ publish', 'OK', pub('allowed')],
    ['allow .* publish', 'OK', pub('disallowed')],
    ['^(a|b)\\.[0-9]+$ .* publish', 'OK', pub('b.17')],
    ['(?i)ALLOWED .* publish', 'OK', pub('allowed')],
    ['.* .* subscribe', '!E_UNAUTHORIZED AUTH failed for PUB on "any" ""', pub('any')],
    ['^allowed$ .* publish', '!E_UNAUTHORIZED AUTH failed for PUB on "other" ""', pub('other')],
    ['.* - publish', '!E_UNAUTHORIZED AUTH failed for PUB on "t" ""', pub('t')],
    ['.* ^c1$ publish', '!E_UNAUTHORIZED AUTH failed for PUB on "t" ""', pub('t')],
    ['^a$ .* publish', '!E_UNAUTHORIZED AUTH failed for MPUB on "b" ""', encodeMpub('b', [Buffer.from('x')])],
    ['^a$ .* publish', '!E_UNAUTHORIZED AUTH failed for DPUB on "b" ""', encodeDpub('b', 1, Buffer.from('x'))],
    ['^a$ .* publish', 'OK', encodeMpub('a', [Buffer.from('x')])],
    ['^a$ .* publish', 'OK', encodeDpub('a', 1, Buffer.from('x'))],
    ['.* ^ch subscribe', 'OK', encodeSub('t', 'ch1')],
    ['.* ^ch$ subscribe', '!E_UNAUTHORIZED AUTH failed for SUB on "t" "ch1"', encodeSub('t', 'ch1')],
    ['.* .* publish', '!E_UNAUTHORIZED AUTH failed for SUB on "t" "c"', encodeSub('t', 'c')],
  ];

  it.each(cases)('of %s answer a command with %s', async (rule, expected, command) => {
    await withAuth(
      () => granting(rule),
      async (daemon) => {
        const client = await daemon.client();
        client.send(auth());
        expect(await client.text()).toBe(OK);
        expect(await client.send(command).text()).toBe(expected);
        if (expected !== 'OK') expect(daemon.nsqd.engine.topics.size).toBe(0);
      },
    );
  });

  it('are asked for once for as long as they hold', async () => {
    await withAuth(
      () => EVERYTHING,
      async (daemon, server) => {
        const client = await daemon.client();
        client.send(auth());
        expect(await client.text()).toBe(OK);
        for (const topic of ['a', 'b', 'a']) await client.send(pub(topic)).ok();
        await client.subscribe('a', 'c');
        expect(server.asked).toHaveLength(1);
      },
    );
  });

  it('are refused in the middle of PUBs, when those before are carried out', async () => {
    await withAuth(
      () => granting('^a$ .* publish'),
      async (daemon) => {
        const client = await daemon.client();
        const answers = await client.send(auth(), pub('a'), pub('a'), pub('b'), pub('a')).rest();
        expect(answers).toEqual([OK, 'OK', 'OK', '!E_UNAUTHORIZED AUTH failed for PUB on "b" ""']);
        expect(daemon.topic('a').messageCount).toBe(2);
      },
    );
  });

  it('do not concern HTTP', async () => {
    await withAuth(
      () => granting('^a$ .* publish'),
      async (daemon) => {
        const response = await fetch(`http://127.0.0.1:${daemon.nsqd.httpPort}/pub?topic=t`, { method: 'POST', body: 'x' });
        expect(await response.text()).toBe('OK');
      },
    );
  });
});
