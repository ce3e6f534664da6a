import { join } from 'node:path';
import { nodeFileSystem, type LogFile, type LogFileSystem } from '@nsq/commit-log';
import { loadMetadata } from '@nsq/metadata';
import { isValidName } from '@nsq/protocol';
import { folderOf } from '../../src/storage/folder-name.js';
import { StoredTopic } from '../../src/storage/stored-topic.js';
import { describeMessage, fromManifest, manifestOf, withFolder, type Folder } from './folder.js';

jest.setTimeout(120_000);

/** Carries out so many calls that change something, then none at all. */
class Dying implements LogFileSystem {
  #left: number;
  readonly #half: boolean;

  constructor(calls: number, half: boolean) {
    this.#left = calls;
    this.#half = half;
  }

  get dead(): boolean {
    return this.#left < 0;
  }

  /** @param half what a kill in the midst of the call leaves */
  async #change<T>(change: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
    if (--this.#left >= 0) return change();
    if (this.#left === -1 && this.#half) await half?.();
    throw new Error('killed');
  }

  async open(path: string, mode: 'create' | 'readwrite'): Promise<LogFile> {
    const open = (): Promise<LogFile> => nodeFileSystem.open(path, mode);
    const file = await (mode === 'create' ? this.#change(open) : open());
    return {
      read: (into, position) => file.read(into, position),
      write: (pieces, position) =>
        this.#change(
          () => file.write(pieces, position),
          () => {
            const all = Buffer.concat(pieces);
            return file.write([all.subarray(0, all.length / 2)], position);
          },
        ),
      datasync: () => this.#change(() => Promise.resolve()), // a killed process leaves what it wrote
      truncate: (length) => this.#change(() => file.truncate(length)),
      size: () => file.size(),
      close: () => file.close(),
    };
  }

  list(folder: string): Promise<string[]> {
    return nodeFileSystem.list(folder);
  }

  remove(path: string): Promise<void> {
    return this.#change(() => nodeFileSystem.remove(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change(() => nodeFileSystem.rename(from, to));
  }

  makeFolder(path: string): Promise<void> {
    return this.#change(() => nodeFileSystem.makeFolder(path));
  }

  removeFolder(path: string): Promise<void> {
    return this.#change(() => nodeFileSystem.removeFolder(path));
  }

  syncFolder(path: string): Promise<void> {
    return this.#change(() => nodeFileSystem.list(path).then(() => undefined));
  }
}

/** What is stored, as the reference would have it. */
async function contentOf(folder: Folder): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {};
  const { topics } = await loadMetadata(folder.path, isValidName);
  for (const topic of topics) {
    const stored = await StoredTopic.open(folder.context(), join(folder.path, 'topics', folderOf(topic.name)), topic);
    for (const channel of [undefined, ...topic.channels.map(({ name }) => name)]) {
      const lines: string[] = (content[channel === undefined ? topic.name : `${topic.name}:${channel}`] = []);
      const messages = channel === undefined ? stored?.undispatched() : stored?.channel(channel);
      for await (const chunk of messages ?? []) lines.push(...chunk.map(describeMessage));
    }
    await stored?.close();
  }
  return content;
}

/** Kills an import at every step, or every `stride`-th, and once more a few steps into the start after it. How many steps there were. */
async function killEverywhere(prepare: (folder: Folder) => Promise<void>, expected: Record<string, string[]>, stride = 1): Promise<number> {
  for (let calls = 0; ; calls += stride) {
    const survived = await withFolder(async (folder) => {
      await prepare(folder);
      const first = new Dying(calls, calls % 2 === 0);
      await folder.import(first).catch((error: unknown) => {
        if (!first.dead) throw error;
      });
      const second = new Dying(calls % 7, calls % 3 === 0);
      await folder.import(second).catch((error: unknown) => {
        if (!second.dead) throw error;
      });
      await folder.import();
      expect(await contentOf(folder)).toEqual(expected);
      expect(await nodeFileSystem.list(join(folder.path, 'topics'))).toEqual(
        expect.not.arrayContaining([expect.stringMatching(/^\.(ready|importing)/)]),
      );
      return !first.dead;
    });
    if (survived) return calls;
  }
}

it('neither loses nor repeats a message, wherever an import is killed', async () => {
  const { queues } = await manifestOf('clean-stop');
  const expected: Record<string, string[]> = {};
  for (const [name, { messages }] of Object.entries(queues)) if (!name.startsWith('scratch')) expected[name] = messages.map(fromManifest);
  expect(await killEverywhere((folder) => folder.fill('clean-stop'), expected, 5)).toBeGreaterThan(50);
});

describe('a topic', () => {
  const message = (n: number) => ({
    id: n.toString(16).padStart(16, '0'),
    timestamp: BigInt(n),
    attempts: n % 3,
    body: Buffer.from(`${n}`),
  });
  const channels = [
    { name: 'a', paused: false },
    { name: 'b', paused: false },
  ];
  const first = async (folder: Folder): Promise<void> => {
    await folder.topics({ name: 't', paused: true, channels });
    await folder.queue('t', [message(1), message(2)]);
    await folder.queue('t:a', [message(3), message(4)]);
  };
  const second = async (folder: Folder): Promise<void> => {
    await first(folder);
    await folder.import();
    await folder.queue('t', [message(5)]);
    await folder.queue('t:a', [message(6)]);
    await folder.queue('t:b', [message(7), message(8)]);
  };
  const lines = (...numbers: number[]): string[] =>
    numbers.map((n) => `${message(n).id} ${n} ${n % 3} ${message(n).body.toString('base64')}`);

  it('is imported once, at whatever step the import is killed', async () => {
    expect(await killEverywhere(first, { t: lines(1, 2), 't:a': lines(3, 4), 't:b': [] })).toBeGreaterThan(15);
  });

  it('that has messages already keeps them in front of what is imported', async () => {
    expect(await killEverywhere(second, { t: lines(1, 2, 5), 't:a': lines(3, 4, 6), 't:b': lines(7, 8) })).toBeGreaterThan(20);
  });
});
