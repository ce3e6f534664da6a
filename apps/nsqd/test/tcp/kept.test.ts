import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { encodeAuth, encodeFin, encodePub, encodeRdy, encodeSub } from '@nsq/protocol';
import type { NsqdOptions } from '../../src/options.js';
import { grant, withAuthServer } from '../auth/auth-server.js';
import type { Daemon } from './daemon.js';
import { eventually, withDaemon } from './daemon.js';

interface Written {
  readonly topics: readonly { readonly name: string; readonly channels: readonly { readonly name: string }[] | null }[] | null;
}

const metadataOf = (daemon: Daemon): string => join(daemon.nsqd.options.dataPath, 'nsqd.dat');

/** What a daemon that is killed now knows at its next start. */
function written(daemon: Daemon): string[] {
  const { topics } = JSON.parse(readFileSync(metadataOf(daemon), 'utf8')) as Written;
  return (topics ?? []).flatMap(({ name, channels }) => [name, ...(channels ?? []).map((channel) => `${name}/${channel.name}`)]);
}

const post = async (daemon: Daemon, path: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${daemon.nsqd.httpPort}${path}`, { method: 'POST' })).status;

describe.each<Partial<NsqdOptions>>([{ durability: 'disk' }, { durability: 'fsync' }, { memQueueSize: 0 }])('with %j', (options) => {
  it('a channel is written down before SUB is answered, and no message comes before the answer', async () => {
    await withDaemon(options, async (daemon) => {
      for (const channel of ['a', 'b', 'c']) {
        const client = await daemon.client();
        expect(await client.send(encodePub('t', Buffer.from(`for ${channel}`))).text()).toBe('OK');
        expect(await client.send(encodeSub('t', channel), encodeRdy(1)).text()).toBe('OK');
        expect(written(daemon)).toContain(`t/${channel}`);
        if (channel === 'a') client.send(encodeFin((await client.message()).id));
      }
    });
  });

  it('what HTTP makes is written down before the answer, and what it deletes is gone by then', async () => {
    await withDaemon(options, async (daemon) => {
      for (const [path, names] of [
        ['/topic/create?topic=t', ['t']],
        ['/channel/create?topic=t&channel=c', ['t', 't/c']],
        ['/channel/delete?topic=t&channel=c', ['t']],
        ['/topic/delete?topic=t', []],
      ] as const) {
        expect({ path, status: await post(daemon, path), written: written(daemon) }).toEqual({ path, status: 200, written: names });
      }
    });
  });
});

describe('while nsqd.dat cannot be written', () => {
  it('new channels are refused, and those that are written down serve as before', async () => {
    await withDaemon({ durability: 'disk' }, async (daemon) => {
      const publisher = await daemon.client();
      expect(await post(daemon, '/topic/create?topic=t')).toBe(200);
      expect(await post(daemon, '/channel/create?topic=t&channel=old')).toBe(200);
      expect(await publisher.send(encodePub('t', Buffer.from('x'))).text()).toBe('OK');
      rmSync(metadataOf(daemon));
      mkdirSync(metadataOf(daemon));

      const refused = await daemon.client();
      expect(await refused.send(encodeSub('t', 'new')).text()).toMatch(/^!E_SUB_FAILED SUB failed .*nsqd\.dat/);
      expect(await refused.rest()).toEqual([]);
      expect(await post(daemon, '/channel/create?topic=t&channel=new')).toBe(500);
      expect(await post(daemon, '/topic/create?topic=other')).toBe(500);
      const served = await daemon.client();
      expect(await served.send(encodeSub('t', 'old'), encodeRdy(1)).text()).toBe('OK');
      expect((await served.message()).body.toString()).toBe('x');

      rmSync(metadataOf(daemon), { recursive: true });
      const client = await daemon.client();
      expect(await client.send(encodeSub('t', 'new')).text()).toBe('OK');
      expect(written(daemon)).toEqual(['t', 't/old', 't/new', 'other']);
    });
  });

  it('without a promise to keep, nothing waits', async () => {
    await withDaemon({ durability: 'memory' }, async (daemon) => {
      rmSync(metadataOf(daemon));
      mkdirSync(metadataOf(daemon));
      const client = await daemon.client();
      expect(await client.send(encodeSub('t', 'c')).text()).toBe('OK');
      expect(await post(daemon, '/channel/create?topic=t&channel=d')).toBe(200);
      await eventually('the failure in the log', () => daemon.logged.some((line) => line.includes('failed to persist metadata')));
      rmSync(metadataOf(daemon), { recursive: true });
    });
  });
});

it('a SUB that has to be allowed anew and then written down is answered before anything behind it', async () => {
  await withAuthServer(
    () => grant({ ttl: 1 }, '.* .* publish,subscribe'),
    async (server) => {
      await withDaemon({ durability: 'disk', authHttpAddresses: [server.address] }, async (daemon) => {
        const client = await daemon.client();
        await client.send(encodeAuth(Buffer.from('secret'))).text();
        await client.send(encodePub('t', Buffer.from('x'))).ok();
        const expired = performance.now() + 1001;
        await eventually('the end of the permissions', () => performance.now() > expired);
        expect(await client.send(encodeSub('t', 'c'), encodeRdy(1)).text()).toBe('OK');
        expect(written(daemon)).toEqual(['t', 't/c']);
        expect((await client.message()).body.toString()).toBe('x');
        expect(server.asked).toHaveLength(2);
      });
    },
  );
});
