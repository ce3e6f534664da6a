import path from 'node:path';
import type { CommitLog } from '@nsq/commit-log';
import type { TopicState } from '@nsq/metadata';
import type { Engine } from '../queue/engine.js';
import type { Topic } from '../queue/topic.js';
import { writeCheckpoint } from './checkpoint-file.js';
import { folderOf, topicOf } from './folder-name.js';
import { importFolder } from './import-folder.js';
import type { ImportSettings } from './import-topic.js';
import { removeFolder } from './remove-folder.js';
import type { StorageContext } from './storage-context.js';
import { captureCheckpoint, carryForward, storeRest } from './topic-checkpoint.js';
import { recoverTopic, type RecoveredTopic } from './topic-recovery.js';
import { TopicStorage } from './topic-storage.js';

const DELETED = '.deleted-';
const PROBE = '.probe';
const PROBE_BYTES = 64 * 1024;
/** After a checkpoint its topic has none for so many times as long as it took: millions of deferred messages make a large one. */
const CHECKPOINT_REST = 20;

/** The logs and checkpoints of all topics: a folder for each in `topics/` of the data folder. */
export class DiskStorage {
  readonly #context: StorageContext;
  readonly #storages = new Map<string, TopicStorage>();
  readonly #removals = new Map<string, Promise<void>>(); // by folder
  readonly #left = new Set<string>(); // folders of deleted topics that are there still
  #deleted = 0;
  #root: Promise<void> | null = null; // until the folder of all is there

  constructor(context: StorageContext) {
    this.#context = context;
  }

  /** The storage of a topic that is new or being loaded. */
  open(topic: string): TopicStorage {
    const folder = path.join(this.#context.folder, folderOf(topic));
    const storage = new TopicStorage(this.#context, folder, async () => {
      await this.#removals.get(folder)?.catch(() => undefined);
      await (this.#root ??= this.#makeRoot());
    });
    this.#storages.set(topic, storage);
    return storage;
  }

  /** Makes the folder of all folders. Its name has to be on the disk as well before a message in it counts as stored. */
  async #makeRoot(): Promise<void> {
    const { fileSystem, folder } = this.#context;
    try {
      await fileSystem.makeFolder(folder);
      await fileSystem.syncFolder(path.dirname(folder));
    } catch (error) {
      this.#root = null;
      throw error;
    }
  }

  /** Takes over the queue files of the reference in `dataPath`: before anything else. @throws when that has to be done again */
  async importQueues(dataPath: string, topics: readonly TopicState[], settings: ImportSettings): Promise<void> {
    await importFolder(this.#context, dataPath, topics, settings);
  }

  /** Topics that something is stored of. Folders of deleted ones that a crash left behind are removed. */
  async topics(): Promise<string[]> {
    const { fileSystem, folder } = this.#context;
    const topics: string[] = [];
    for (const name of await fileSystem.list(folder)) {
      if (name.startsWith(DELETED)) await removeFolder(fileSystem, path.join(folder, name));
      const topic = topicOf(name);
      if (topic !== undefined) topics.push(topic);
    }
    return topics;
  }

  /** What is stored of a topic whose storage was opened, undefined when nothing is. */
  async recover(topic: string, channels: readonly string[]): Promise<RecoveredTopic | undefined> {
    const storage = this.#of(topic);
    if ((await this.#context.fileSystem.list(storage.folder)).length === 0) return undefined;
    return recoverTopic(this.#context, storage, channels);
  }

  /** Drops all that is stored of a topic. Once resolved, a restart does not find it. */
  async remove(topic: string): Promise<void> {
    const storage = this.#storages.get(topic);
    if (storage === undefined) return;
    this.#storages.delete(topic);
    await this.#inTurn(storage.folder, async () => {
      await storage.checkpointing?.catch(() => undefined);
      await storage.close().catch(() => undefined); // whether it got to the disk does not matter any more
      await this.#removeFiles(storage.folder);
    });
  }

  /** Until what is being removed is gone, or could not be removed; null when there is nothing. */
  get removing(): Promise<unknown> | null {
    return this.#removals.size === 0 ? null : Promise.allSettled(this.#removals.values());
  }

  /** One removal of a folder after the other: what is removed must not be what a later topic of the name has stored meanwhile. */
  async #inTurn(folder: string, remove: () => Promise<void>): Promise<void> {
    const earlier = this.#removals.get(folder);
    const removal = (async () => {
      await earlier?.catch(() => undefined);
      this.#left.add(folder);
      await remove();
      this.#left.delete(folder);
    })();
    this.#removals.set(folder, removal);
    await removal.finally(() => {
      if (this.#removals.get(folder) === removal) this.#removals.delete(folder);
    });
  }

  async #removeFiles(topicFolder: string): Promise<void> {
    const { fileSystem, folder } = this.#context;
    if ((await fileSystem.list(topicFolder)).length === 0) {
      await removeFolder(fileSystem, topicFolder); // it may be there, and empty
      return;
    }
    const gone = path.join(folder, `${DELETED}${this.#deleted++}`);
    await fileSystem.rename(topicFolder, gone);
    await fileSystem.syncFolder(folder);
    await removeFolder(fileSystem, gone);
  }

  /** Writes down where a topic stands, if that has changed, and frees what nobody needs any more. */
  async checkpoint(engine: Engine, topic: Topic): Promise<void> {
    const storage = this.#storages.get(topic.name);
    // The topic may have been deleted, and another of its name have come.
    if (storage === undefined || storage !== topic.log || !storage.dirty || storage.log === null || engine.now < storage.nextCheckpointAt)
      return;
    const started = engine.now;
    storage.dirty = false;
    storage.checkpointing = this.#checkpoint(engine, topic, storage, storage.log);
    try {
      await storage.checkpointing;
      this.#context.health.worked();
    } catch (error) {
      if (this.#storages.get(topic.name) !== storage) return; // deleted meanwhile
      storage.dirty = true;
      this.#context.health.failed(error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      engine.tick();
      storage.nextCheckpointAt = engine.now + CHECKPOINT_REST * (engine.now - started);
    }
  }

  async #checkpoint(engine: Engine, topic: Topic, storage: TopicStorage, log: CommitLog): Promise<void> {
    const { fileSystem } = this.#context;
    // With fsync too: what an earlier process has written may be in the kernel only.
    await log.sync();
    carryForward(engine, topic, storage);
    const { checkpoint, freeBefore } = captureCheckpoint(engine, topic, storage);
    await this.#context.recorded?.();
    if (log.segments.length === 0) await fileSystem.makeFolder(storage.folder);
    await writeCheckpoint(fileSystem, storage.folder, checkpoint);
    await log.dropBefore(freeBefore);
    storage.segments.forgetBefore(freeBefore);
  }

  /** Tries whether writing works again after it has failed, so that health comes back without a publish. */
  async probe(): Promise<void> {
    const { fileSystem, folder, health } = this.#context;
    if (health.problem === undefined) return;
    const file = path.join(folder, PROBE);
    try {
      await fileSystem.makeFolder(folder);
      const handle = await fileSystem.open(file, 'create');
      try {
        await handle.write([Buffer.alloc(PROBE_BYTES)], 0);
        await handle.datasync();
      } finally {
        await handle.close();
        await fileSystem.remove(file);
      }
      health.worked();
    } catch (error) {
      health.failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Stores everything of a topic, for a stop. Nothing may change any more. */
  async store(engine: Engine, topic: Topic): Promise<void> {
    const storage = this.#of(topic.name);
    await storeRest(engine, topic, storage);
    await storage.sync();
    if (storage.log !== null) {
      storage.dirty = true;
      storage.nextCheckpointAt = 0;
      await this.checkpoint(engine, topic);
    }
    await storage.close();
  }

  /** Waits for what is being removed, and tries once more what could not be: it would come back with a restart. Once everything is stored. */
  async settled(): Promise<void> {
    await this.removing;
    await this.removeLeft();
  }

  /** Tries to remove what could not be removed when its topic was deleted. */
  async removeLeft(): Promise<void> {
    for (const folder of this.#left) {
      const later = [...this.#storages.values()].find((storage) => storage.folder === folder);
      if (later?.opening === true || this.#removals.has(folder)) continue; // either is removing it
      // A new topic whose log is open has begun with an empty folder.
      if (later !== undefined && later.log !== null) this.#left.delete(folder);
      else await this.#inTurn(folder, () => this.#removeFiles(folder)).catch(() => undefined);
    }
  }

  #of(topic: string): TopicStorage {
    const storage = this.#storages.get(topic);
    if (storage === undefined) throw new Error(`no storage of topic ${topic} is open`);
    return storage;
  }
}
