import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { importDataPath, inspectFolder } from '../../src/index.js';
import { fillTwoTopics, manifestOf, running, withFolder, type Folder } from '../import/folder.js';

jest.setTimeout(60_000);

/** Every file below a folder, with its bytes. */
async function contentOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'base64')] as const));
  return Object.fromEntries(contents);
}

const segmentOf = async (folder: Folder, topic: string): Promise<string> => {
  const names = await readdir(join(folder.path, 'topics', topic));
  return join(folder.path, 'topics', topic, names.find((name) => /\d/.test(name)) ?? '');
};

describe('inspectFolder', () => {
  it('counts what is stored, and changes nothing', async () => {
    await withFolder(async (folder) => {
      await fillTwoTopics(folder);
      const before = await contentOf(folder.path);
      const { topics, queues, problems } = await inspectFolder({ dataPath: folder.path, verify: true });
      expect(problems).toEqual([]);
      expect(queues).toEqual([]);
      expect(topics.map(({ name, depth, channels, problems: own }) => ({ name, depth, channels, own }))).toEqual([
        { name: 't', depth: 0, channels: [{ name: 'c', paused: false, depth: 2, unfinished: 1, deferred: 1 }], own: [] },
        { name: 'u', depth: 2, channels: [], own: [] },
      ]);
      expect(topics.map(({ verified }) => verified?.messages)).toEqual([expect.any(Number), 2]);
      expect(await contentOf(folder.path)).toEqual(before);
    });
  });

  it('finds a flipped bit when it verifies, and leaves the file as it is', async () => {
    await withFolder(async (folder) => {
      await fillTwoTopics(folder);
      const segment = await segmentOf(folder, 't');
      const file = await open(segment, 'r+');
      const bytes = await readFile(segment);
      const at = bytes.indexOf('one');
      await file.write(Buffer.from('0'), 0, 1, at);
      await file.close();
      const before = await contentOf(folder.path);
      const { topics } = await inspectFolder({ dataPath: folder.path, verify: true });
      expect(topics.find(({ name }) => name === 't')?.problems.join('\n')).toMatch(/"what":"records"/);
      expect(topics.find(({ name }) => name === 'u')?.problems).toEqual([]);
      expect(await contentOf(folder.path)).toEqual(before);
    });
  });

  it('reports a torn end without cutting it off', async () => {
    await withFolder(async (folder) => {
      await fillTwoTopics(folder);
      const segment = await segmentOf(folder, 'u');
      const file = await open(segment, 'a');
      await file.write(Buffer.from([0, 0, 0]));
      await file.close();
      const { size } = await stat(segment);
      const { topics } = await inspectFolder({ dataPath: folder.path });
      expect(topics.find(({ name }) => name === 'u')?.problems.join()).toMatch(/cut 3 bytes off/);
      expect((await stat(segment)).size).toBe(size);
    });
  });

  it('counts the queues of the reference, and what they are after they were taken over', async () => {
    const { queues: known } = await manifestOf('clean-stop');
    await withFolder(async (folder) => {
      await folder.fill('clean-stop');
      const before = await inspectFolder({ dataPath: folder.path });
      const counts = before.queues.map(({ name, messages }) => [name, messages] as const).sort();
      const withFiles = Object.entries(known).map(([name, { messages }]) => [name, messages.length] as const);
      expect(counts).toEqual(withFiles.filter(([name]) => counts.some(([found]) => found === name)).sort());
      expect(counts.some(([, messages]) => messages > 0)).toBe(true);

      await importDataPath({ dataPath: folder.path, logger: folder.logger });
      const after = await inspectFolder({ dataPath: folder.path, verify: true });
      // A queue of an ephemeral topic is not in nsqd.dat: the reference would not read it either.
      expect(after.queues.map(({ name }) => name)).toEqual(['scratch#ephemeral:durable']);
      for (const [name, messages] of counts.filter(([queue]) => !queue.startsWith('scratch#'))) {
        const [topicName = '', channelName] = name.split(':');
        const topic = after.topics.find((one) => one.name === topicName);
        const count = channelName === undefined ? topic?.depth : topic?.channels.find((one) => one.name === channelName)?.depth;
        expect([name, count]).toEqual([name, messages]);
      }
      // A second time there is nothing to do.
      const files = await contentOf(folder.path);
      await importDataPath({ dataPath: folder.path, logger: folder.logger });
      expect(await contentOf(folder.path)).toEqual(files);
    });
  });

  it('refuses a folder that a daemon runs on, and one that is not there', async () => {
    await withFolder(async (folder) => {
      await running(folder, async () => {
        await expect(inspectFolder({ dataPath: folder.path })).rejects.toThrow(/^failed to lock data-path: /);
      });
      await expect(inspectFolder({ dataPath: join(folder.path, 'nothing') })).rejects.toThrow(/^failed to lock data-path: /);
    });
  });
});
