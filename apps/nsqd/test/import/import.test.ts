import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFileName, type DiskMessageParts } from '@nsq/diskqueue';
import { consume, describeMessage, running, withFolder, type Folder } from './folder.js';

jest.setTimeout(60_000);

const message = (n: number, id = n.toString(16).padStart(16, '0')): DiskMessageParts => ({
  id,
  timestamp: 1_700_000_000_000_000_000n + BigInt(n),
  attempts: n % 4,
  body: Buffer.from(`message ${n}`),
});
const messages = (from: number, to: number): DiskMessageParts[] => Array.from({ length: to - from }, (_, i) => message(from + i));
const described = (from: number, to: number): string[] => messages(from, to).map(describeMessage);
const channel = (name: string) => ({ name, paused: false });

/** Three channels with 100 messages each, and 50 of the topic. */
async function fillTopic(folder: Folder): Promise<void> {
  await folder.topics({ name: 't', paused: false, channels: [channel('a'), channel('b'), channel('c')] });
  await folder.queue('t:a', messages(0, 100));
  await folder.queue('t:b', messages(100, 200));
  await folder.queue('t:c', messages(50, 150)); // the same ids as in a and b
  await folder.queue('t', messages(200, 250));
}

describe('imported messages', () => {
  it('are read channel by channel, then with what is published', async () => {
    await withFolder(async (folder) => {
      await fillTopic(folder);
      await running(folder, async (daemon) => {
        const publisher = await daemon.client();
        publisher.send('PUB t\n\0\0\0\x03new');
        await publisher.ok();
        const bodies: string[] = [];
        for (const [name, from] of [
          ['c', 50],
          ['a', 0],
          ['b', 100],
        ] as const) {
          const got = await consume(daemon, 't', name, 151);
          expect(got.slice(0, 150)).toEqual([...described(from, from + 100), ...described(200, 250)]);
          bodies.push(Buffer.from(got[150]?.split(' ')[3] ?? '', 'base64').toString());
          expect(daemon.channel('t', name).depth).toBe(0);
        }
        expect(bodies).toEqual(['new', 'new', 'new']);
      });
    });
  });

  it('go on where they were after every stop', async () => {
    await withFolder(async (folder) => {
      await fillTopic(folder);
      const got: Record<string, string[]> = { a: [], b: [], c: [] };
      for (let start = 0; start < 10; start++) {
        await running(folder, async (daemon) => {
          for (const [name, list] of Object.entries(got)) {
            expect(daemon.channel('t', name).depth).toBe(150 - list.length);
            list.push(...(await consumeExactly(daemon, name, 15)));
          }
        });
      }
      for (const [name, from] of [
        ['a', 0],
        ['b', 100],
        ['c', 50],
      ] as const) {
        expect([...(got[name] ?? [])].sort()).toEqual([...described(from, from + 100), ...described(200, 250)].sort());
      }
    });
  });

  it('free their segments once all channels have finished them', async () => {
    await withFolder(async (folder) => {
      await fillTopic(folder);
      await running(
        folder,
        async (daemon) => {
          for (const name of ['a', 'b', 'c']) await consume(daemon, 't', name, 150);
          expect(daemon.topic('t').firstNeeded()).toBe(daemon.topic('t').head);
        },
        { maxBytesPerFile: 1000 },
      );
      const left = await readdir(join(folder.path, 'topics', 't'));
      expect(left.length).toBeLessThan(5);
    });
  });

  it('keep a pause of the topic between its own messages and its channels', async () => {
    await withFolder(async (folder) => {
      await folder.topics({ name: 't', paused: true, channels: [{ name: 'a', paused: true }, channel('b')] });
      await folder.queue('t', messages(0, 3));
      await folder.queue('t:a', messages(10, 12));
      await running(folder, async (daemon) => {
        expect([daemon.topic('t').paused, daemon.channel('t', 'a').paused, daemon.channel('t', 'b').paused]).toEqual([true, true, false]);
        expect([daemon.topic('t').depth, daemon.channel('t', 'a').depth, daemon.channel('t', 'b').depth]).toEqual([3, 2, 0]);
        daemon.topic('t').unpause();
        expect(await consume(daemon, 't', 'b', 3)).toEqual(described(0, 3));
        expect(daemon.channel('t', 'a').depth).toBe(5);
      });
    });
  });

  it('get a new id when theirs is none or there twice in a channel', async () => {
    await withFolder(async (folder) => {
      await folder.topics({ name: 't', paused: false, channels: [channel('a')] });
      await folder.queue('t:a', [message(1), message(2, 'not a hex number'), message(3, message(1).id), message(4)]);
      await running(folder, async (daemon) => {
        const got = await consume(daemon, 't', 'a', 4);
        const ids = got.map((line) => line.slice(0, line.length - describeMessage(message(1, '')).length));
        expect([ids[0], ids[3]]).toEqual([message(1).id, message(4).id]);
        expect(new Set(ids).size).toBe(4);
        expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
        expect(got.map((line) => line.slice(16))).toEqual([1, 2, 3, 4].map((n) => describeMessage(message(n)).slice(16)));
        expect(folder.imports).toContain('WARNING: IMPORT: t:a: 2 messages have a new id: theirs was no hex number, or there twice');
        expect(folder.imports).toContain('INFO: IMPORT: t:a: 4 messages, 1 problem');
      });
    });
  });

  it('come from what is left of a damaged queue', async () => {
    await withFolder(async (folder) => {
      await folder.topics({ name: 't', paused: false, channels: [channel('a')] });
      await folder.queue('t:a', messages(0, 10));
      await truncate(join(folder.path, dataFileName('t:a', 0)), 100);
      await running(folder, async (daemon) => {
        expect(await consume(daemon, 't', 'a', 2)).toEqual(described(0, 2));
        expect(folder.imports).toContainEqual(expect.stringMatching(/^INFO: IMPORT: t:a: 2 messages, [1-9]\d* problems$/));
        expect(await folder.queueFiles()).toEqual([]);
      });
    });
  });
});

describe('queues that nsqd.dat does not have', () => {
  it('stay', async () => {
    await withFolder(async (folder) => {
      await folder.topics({ name: 't', paused: false, channels: [channel('a')] });
      await folder.queue('t:gone', messages(0, 1));
      await folder.queue('other', messages(1, 2));
      await folder.queue('t:a', messages(2, 3));
      const before = await folder.queueFiles();
      await running(folder, async (daemon) => {
        expect([...daemon.nsqd.engine.topics.keys()]).toEqual(['t']);
        expect(await consume(daemon, 't', 'a', 1)).toEqual(described(2, 3));
      });
      expect(await folder.queueFiles()).toEqual(before.filter((name) => !name.startsWith('t:a.')));
    });
  });
});

/** Consumes with RDY 1, so that nothing else is delivered, and attempted, meanwhile. */
async function consumeExactly(daemon: Parameters<typeof consume>[0], name: string, count: number): Promise<string[]> {
  const client = await (await daemon.client()).subscribe('t', name);
  const got: string[] = [];
  for (let i = 0; i < count; i++) {
    client.send('RDY 1\n');
    const next = await client.message();
    client.send('RDY 0\n', `FIN ${next.id}\n`);
    got.push(describeMessage({ ...next, attempts: next.attempts - 1 }));
    expect(await client.settled()).toEqual([]);
  }
  await client.destroy();
  return got;
}
