import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { consume, fromManifest, manifestOf, running, withFolder } from './folder.js';

jest.setTimeout(60_000);

describe.each(['clean-stop', 'after-restart'])('the golden folder %s', (fixture) => {
  it('is taken over with ids, timestamps, attempts, order and pauses', async () => {
    const { nsqd_dat: known, queues } = await manifestOf(fixture);
    const messagesOf = (queue: string): string[] => (queues[queue]?.messages ?? []).map(fromManifest);
    await withFolder(async (folder) => {
      await folder.fill(fixture);
      await running(folder, async (daemon) => {
        for (const { name, paused, channels } of known.topics) {
          const topic = daemon.topic(name);
          expect([topic.paused, [...topic.channels.keys()].sort()]).toEqual([paused, (channels ?? []).map((one) => one.name).sort()]);
          const flows = !paused && channels !== null;
          expect(topic.depth).toBe(flows ? 0 : messagesOf(name).length);
          for (const channel of channels ?? []) {
            const expected = [...messagesOf(`${name}:${channel.name}`), ...(flows ? messagesOf(name) : [])];
            const ours = daemon.channel(name, channel.name);
            expect([ours.paused, ours.depth, ours.messageCount]).toEqual([channel.paused, expected.length, 0]);
            ours.unpause();
            expect(await consume(daemon, name, channel.name, expected.length)).toEqual(expected);
            expect(ours.depth).toBe(0);
          }
          topic.unpause();
          const reader = channels?.[0]?.name ?? 'new';
          const expected = flows ? [] : messagesOf(name);
          expect(await consume(daemon, name, reader, expected.length)).toEqual(expected);
        }
      });
    });
  });

  it('is moved to imported, but for what the reference would not read, and not imported again', async () => {
    await withFolder(async (folder) => {
      await folder.fill(fixture);
      const before = await folder.queueFiles();
      const orphans = before.filter((name) => name.startsWith('scratch'));
      const depths: number[] = [];
      for (let start = 0; start < 3; start++) {
        await running(folder, (daemon) => {
          const topics = [...daemon.nsqd.engine.topics.values()];
          depths.push(
            topics.reduce((sum, { depth, channels }) => sum + depth + [...channels.values()].reduce((s, c) => s + c.depth, 0), 0),
          );
          expect(folder.imports.filter((line) => line.startsWith('WARN'))).toEqual([
            'WARNING: IMPORT: queue scratch#ephemeral:durable is not in nsqd.dat, its files stay',
          ]);
          return Promise.resolve();
        });
        expect(await folder.queueFiles()).toEqual(orphans);
        expect((await readdir(join(folder.path, 'imported'))).sort()).toEqual(before.filter((name) => !orphans.includes(name)));
      }
      expect(depths).toEqual([depths[0], depths[0], depths[0]]);
    });
  });
});

it('takes over the golden folder kill-9 with all that its files still have', async () => {
  const { after_restart: restart } = await manifestOf('kill-9');
  const delivered = (restart?.delivered_from_crash_c ?? []).map((one) => fromManifest({ ...one, attempts: one.attempts - 1 }));
  await withFolder(async (folder) => {
    await folder.fill('kill-9');
    await running(folder, async (daemon) => {
      expect(await consume(daemon, 'crash', 'c', delivered.length)).toEqual(delivered);
      expect(await consume(daemon, 'never_synced', 'c', 2)).toHaveLength(2);
      expect(folder.imports.map((line) => line.replace(/ \d+ bytes.*/, ''))).toEqual([
        expect.stringMatching(/^WARNING: IMPORT: DISKQUEUE\(crash:c\) crash:c.diskqueue.000001.dat has/),
        expect.stringMatching(/^WARNING: IMPORT: DISKQUEUE\(crash:c\) has 12 messages, its metadata says 10/),
        'INFO: IMPORT: crash:c: 12 messages, 2 problems',
        expect.stringMatching(/^WARNING: IMPORT: DISKQUEUE\(never_synced:c\) has no metadata/),
        'INFO: IMPORT: never_synced:c: 2 messages, 1 problem',
        expect.stringMatching(/^INFO: IMPORT: moved 4 files to /),
      ]);
    });
  });
});
