import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExportError, exportFolder } from '../../src/index.js';
import { consume, describeMessage, fillTwoTopics, fromManifest, manifestOf, running, withFolder, type Manifest } from './folder.js';

jest.setTimeout(60_000);

/** The order of topics and channels means nothing. */
function byName({ topics }: Manifest['nsqd_dat']): unknown {
  const compare = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  return topics.map((topic) => ({ ...topic, channels: topic.channels?.toSorted(compare) ?? null })).sort(compare);
}

describe('exportFolder', () => {
  it.each(['clean-stop', 'after-restart'])('gives back what was imported from %s', async (fixture) => {
    const { nsqd_dat: known, queues } = await manifestOf(fixture);
    const messagesOf = (queue: string): string[] => (queues[queue]?.messages ?? []).map(fromManifest);
    const expected: Record<string, string[]> = {};
    for (const { name, channels } of known.topics) {
      expected[name] = messagesOf(name);
      for (const channel of channels ?? []) expected[`${name}:${channel.name}`] = messagesOf(`${name}:${channel.name}`);
    }
    await withFolder(async (folder) => {
      await folder.fill(fixture);
      await running(folder, () => Promise.resolve());
      await withFolder(async (target) => {
        const written = await exportFolder({ dataPath: folder.path, target: target.path, maxBytesPerFile: 512, logger: folder.logger });
        expect(Object.fromEntries(written.map(({ name, messages }) => [name, messages]))).toEqual(
          Object.fromEntries(Object.entries(expected).map(([name, messages]) => [name, messages.length])),
        );
        expect(await target.read()).toEqual(expected);
        const metadata = JSON.parse(await readFile(join(target.path, 'nsqd.dat'), 'utf8')) as typeof known;
        expect(byName(metadata)).toEqual(byName(known));

        // and back again
        await running(target, () => Promise.resolve());
        await withFolder(async (again) => {
          await exportFolder({ dataPath: target.path, target: again.path, logger: folder.logger });
          expect(await again.read()).toEqual(expected);
        });
      });
    });
  });

  it('writes what channels have in flight, deferred and ahead, and what no channel has', async () => {
    await withFolder(async (folder) => {
      await fillTwoTopics(folder);
      await withFolder(async (target) => {
        await exportFolder({ dataPath: folder.path, target: target.path, logger: folder.logger });
        const content = await target.read();
        const bodies = Object.entries(content).map(([name, lines]) => [
          name,
          lines.map((line) =>
            line.replace(/^\S+ \S+ (\d+) (\S+)$/, (_, n: string, body: string) => `${n} ${Buffer.from(body, 'base64').toString()}`),
          ),
        ]);
        expect(Object.fromEntries(bodies)).toEqual({
          t: [],
          't:c': expect.arrayContaining(['1 one', '0 later', '0 two', '0 three']) as unknown,
          u: ['0 none', '0 delay'],
        });
        expect(content['t:c']).toHaveLength(4);
        await running(target, async (daemon) => {
          expect((await consume(daemon, 't', 'c', 4)).sort()).toEqual([...(content['t:c'] ?? [])].sort());
        });
      });
    });
  });

  it('refuses a folder that a daemon runs on', async () => {
    await withFolder(async (folder) => {
      await running(folder, async () => {
        const attempt = exportFolder({ dataPath: folder.path, target: `${folder.path}/out`, logger: folder.logger });
        await expect(attempt).rejects.toThrow(/^failed to lock data-path: /);
      });
    });
  });

  it('refuses a folder that has not been imported, and a target that is not empty', async () => {
    await withFolder(async (folder) => {
      await folder.topics({ name: 't', paused: false, channels: [] });
      await withFolder(async (target) => {
        const attempt = (to: string) => exportFolder({ dataPath: folder.path, target: to, logger: folder.logger });
        await expect(attempt(folder.path)).rejects.toMatchObject({ code: 'E_TARGET' });
        await target.topics();
        await expect(attempt(target.path)).rejects.toBeInstanceOf(ExportError);
        await folder.queue('t', [{ id: '0'.repeat(16), timestamp: 1n, attempts: 0, body: Buffer.from(describeMessage.name) }]);
        await expect(attempt(`${target.path}/new`)).rejects.toMatchObject({ code: 'E_NOT_IMPORTED' });
      });
    });
  });
});
