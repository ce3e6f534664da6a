import path from 'node:path';
import { findQueues, finishMove, moveImported, type QueueFiles } from '@nsq/diskqueue';
import type { TopicState } from '@nsq/metadata';
import { isValidName } from '@nsq/protocol';
import { folderOf, topicOf } from './folder-name.js';
import { describeFiles, isImported, readMarker, removeMarker, writeMarker, type ImportedFile } from './import-marker.js';
import { planImport, queuesOf, type TopicQueues } from './import-plan.js';
import { buildTopic, hasMessages, reportEmpty, type ImportSettings } from './import-topic.js';
import { removeFolder } from './remove-folder.js';
import type { StorageContext } from './storage-context.js';
import { StoredTopic } from './stored-topic.js';

/** A topic's folder while it is being written, and when it is complete and on the disk. */
const BUILDING = '.importing-';
const READY = '.ready-';
const DELETED = '.deleted-';

/**
 * Takes over the queue files of the reference in `dataPath` and moves them to its subfolder `imported`. Topics must not be loaded yet.
 *
 *   build `.importing-<folder>` -> rename to `.ready-<folder>` -> rename to `<folder>` -> move the files -> remove the list of them
 *
 * The first rename is the moment from which a topic's messages are ours: what was not ready is built anew by the next start, what was
 * is carried through. A list of the files lies in the folder until they are moved, so that none is imported twice.
 * Queues that `topics` does not have are left alone, as the reference leaves them.
 * @throws when something cannot be read or written: nothing is lost then, the next call goes on
 */
export async function importFolder(
  context: StorageContext,
  dataPath: string,
  topics: readonly TopicState[],
  settings: ImportSettings,
): Promise<void> {
  await finishMove(dataPath);
  await new FolderImport(context, dataPath, settings).run(topics);
}

class FolderImport {
  readonly #context: StorageContext;
  readonly #dataPath: string;
  readonly #settings: ImportSettings;

  constructor(context: StorageContext, dataPath: string, settings: ImportSettings) {
    this.#context = context;
    this.#dataPath = dataPath;
    this.#settings = settings;
  }

  async run(topics: readonly TopicState[]): Promise<void> {
    const { logger } = this.#context;
    const markers = await this.#takeUp();
    const { queues, unknown } = await findQueues(this.#dataPath, isValidName);
    for (const name of unknown) logger.warn(`IMPORT: ${name} is not a queue's file, it stays`);
    const plan = planImport(queues, topics);
    for (const { name } of plan.orphans) logger.warn(`IMPORT: queue ${name} is not in nsqd.dat, its files stay`);
    for (const one of plan.topics) {
      const folder = folderOf(one.topic.name);
      if (await this.#import(one, folder, markers.get(folder))) markers.set(folder, new Map());
    }
    const moved = await moveImported(this.#dataPath, plan.topics.flatMap(queuesOf));
    if (moved.length > 0) logger.info(`IMPORT: moved ${moved.length} files to ${path.join(this.#dataPath, 'imported')}`);
    for (const folder of markers.keys()) await removeMarker(this.#context.fileSystem, this.#path(folder));
  }

  #path(name: string): string {
    return path.join(this.#context.folder, name);
  }

  /** Goes on with what a killed process has left. The lists of imported files, by folder. */
  async #takeUp(): Promise<Map<string, ReadonlyMap<string, ImportedFile>>> {
    const { fileSystem, folder } = this.#context;
    const names = await fileSystem.list(folder);
    for (const name of names) {
      if (name.startsWith(BUILDING)) await removeFolder(fileSystem, this.#path(name));
      else if (name.startsWith(READY)) await this.#publish(name.slice(READY.length));
    }
    const markers = new Map<string, ReadonlyMap<string, ImportedFile>>();
    for (const name of await fileSystem.list(folder)) {
      const marker = topicOf(name) === undefined ? undefined : await readMarker(fileSystem, this.#path(name));
      if (marker !== undefined) markers.set(name, marker);
    }
    return markers;
  }

  /** Whether there was something to import. */
  async #import(
    { topic, own, channels }: TopicQueues,
    folder: string,
    marker: ReadonlyMap<string, ImportedFile> | undefined,
  ): Promise<boolean> {
    const { fileSystem } = this.#context;
    const files: ImportedFile[] = [];
    const done = new Set<QueueFiles>();
    for (const queue of queuesOf({ topic, own, channels })) {
      const described = await describeFiles(queue);
      files.push(...described);
      if (marker !== undefined && isImported(described, marker)) done.add(queue);
    }
    const left = (queues: readonly QueueFiles[]): QueueFiles[] => queues.filter((queue) => !done.has(queue));
    const rest: TopicQueues = {
      topic,
      own: left(own),
      channels: new Map([...channels].map(([name, queues]) => [name, left(queues)])),
    };
    if (!(await hasMessages(queuesOf(rest), this.#settings))) {
      await reportEmpty(this.#context, queuesOf(rest), this.#settings);
      return false;
    }
    const building = this.#path(BUILDING + folder);
    const stored = await StoredTopic.open(this.#context, this.#path(folder), topic);
    try {
      await buildTopic(this.#context, building, rest, stored, this.#settings);
    } finally {
      await stored?.close();
    }
    await writeMarker(fileSystem, building, files);
    await fileSystem.rename(building, this.#path(READY + folder));
    await fileSystem.syncFolder(this.#context.folder);
    await fileSystem.syncFolder(path.dirname(this.#context.folder));
    await this.#publish(folder);
    return true;
  }

  /** Puts a complete folder into the place of what was stored before. */
  async #publish(name: string): Promise<void> {
    const { fileSystem, folder } = this.#context;
    const deleted = this.#path(DELETED + name);
    const replaces = (await fileSystem.list(this.#path(name))).length > 0;
    if (replaces) {
      await removeFolder(fileSystem, deleted);
      await fileSystem.rename(this.#path(name), deleted);
    }
    await fileSystem.rename(this.#path(READY + name), this.#path(name));
    await fileSystem.syncFolder(folder);
    if (replaces) await removeFolder(fileSystem, deleted);
  }
}
