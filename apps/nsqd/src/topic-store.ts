import { loadMetadata, persistMetadata, type LoadedMetadata, type MetadataState, type TopicState } from '@nsq/metadata';
import { isValidName } from '@nsq/protocol';
import type { Logger } from '@nsq/service';
import type { Channel } from './queue/channel.js';
import type { Engine } from './queue/engine.js';
import type { Topic } from './queue/topic.js';
import { ChangeRecord } from './storage/change-record.js';
import type { DiskStorage } from './storage/disk-storage.js';

/** Where the names of topics and channels are kept. */
export interface MetadataFile {
  load(): Promise<LoadedMetadata>;
  /** Replaces all of it. */
  persist(state: MetadataState): Promise<void>;
}

/** `nsqd.dat` in a folder. */
export function metadataIn(folder: string, version: string): MetadataFile {
  return { load: () => loadMetadata(folder, isValidName), persist: (state) => persistMetadata(folder, state, version) };
}

/** Keeps the topics of an engine over a restart: which there are (`nsqd.dat`) and what they hold (DiskStorage). */
export class TopicStore {
  readonly #engine: Engine;
  readonly #storage: DiskStorage;
  readonly #folder: string;
  readonly #metadata: MetadataFile;
  readonly #logger: Logger;
  #quiet = true; // changes are not persisted: while loading, and after the last flush
  #pending: Promise<void> | null = null; // until the last change is in `nsqd.dat`
  #waiting = false; // a write that will show the last change has not begun
  #failure: Error | null = null; // why the last change is not in `nsqd.dat`
  #again: (() => void)[] = []; // tries to write it once more
  readonly #changes = new ChangeRecord();

  constructor(
    engine: Engine,
    storage: DiskStorage,
    folder: string,
    version: string,
    logger: Logger,
    metadata: MetadataFile = metadataIn(folder, version),
  ) {
    this.#engine = engine;
    this.#storage = storage;
    this.#folder = folder;
    this.#metadata = metadata;
    this.#logger = logger;
  }

  /** Until the topics and channels that there are now are written down; null when they are. */
  get pending(): Promise<void> | null {
    return this.#pending;
  }

  /** Has the topics and channels of now written down. @throws {MetadataError} */
  async recorded(): Promise<void> {
    if (this.#pending !== null) await this.persist();
  }

  /**
   * Until a topic or channel is written down, or, with none named, until all that has changed is, and what deleted topics held is gone; null
   * when it is. Asking has a write that failed tried again. Rejects with why it failed once more.
   */
  written(made?: Topic | Channel): Promise<void> | null {
    const written = this.#changes.until(made);
    if (written !== null) this.#retry();
    const removing = made === undefined ? this.#storage.removing : null;
    return removing === null ? written : Promise.all([written, removing]).then(() => undefined);
  }

  /** Why topics and channels cannot be written down, null when they can. Asking has it tried again. */
  get failure(): Error | null {
    const failure = this.#failure;
    if (failure !== null) this.#retry();
    return failure;
  }

  /**
   * Makes the topics and channels that were there, with what they held, in files of the reference too.
   * @param maxMsgSize bytes of the largest body that such a file should have
   * @throws when something stored cannot be read
   */
  async load(maxMsgSize?: number): Promise<void> {
    const { topics, warnings } = await this.#metadata.load();
    for (const warning of warnings) this.#logger.warn(warning);
    const { ids } = this.#engine;
    const newId = (): { idHi: number; idLo: number } => {
      ids.take(1);
      return { idHi: ids.hi, idLo: ids.lo };
    };
    await this.#storage.importQueues(this.#folder || '.', topics, { newId, maxMsgSize });
    const known = new Set(topics.map(({ name }) => name));
    // A crash may come between the first message of a topic and its entry in the metadata.
    const stored = (await this.#storage.topics()).filter((name) => !known.has(name) && isValidName(name));
    for (const topic of [...topics, ...stored.map((name): TopicState => ({ name, paused: false, channels: [] }))]) await this.#load(topic);
    this.#quiet = false;
  }

  async #load({ name, paused, channels }: TopicState): Promise<void> {
    const engine = this.#engine;
    const topic = engine.topic(name, false);
    const content = topic.ephemeral
      ? undefined
      : await this.#storage.recover(
          name,
          channels.map((channel) => channel.name),
        );
    engine.tick(); // loading has taken its time
    if (content === undefined) {
      for (const channel of channels) engine.channel(topic, channel.name);
    } else {
      const { position } = content;
      // What flows at once is not counted as entering anew.
      const flows = !paused && channels.length > 0;
      topic.restore(flows ? { ...position, dispatched: position.head } : position);
      const now = engine.now + engine.wallOffset;
      for (const { channel, message, dueAt } of content.unfinished) topic.channels.get(channel)?.restore(message, Math.max(0, dueAt - now));
      for (const { message, delay } of content.waiting) topic.deferUntilDispatched(message, delay);
      for (const channel of topic.channels.values()) engine.events.channelCreated(channel);
    }
    for (const channel of channels) if (channel.paused) topic.channels.get(channel.name)?.pause();
    if (paused) topic.pause();
    topic.start();
  }

  /** Writes `nsqd.dat`. @throws {MetadataError} */
  async persist(): Promise<void> {
    this.#logger.info(`NSQ: persisting topic/channel metadata to ${this.#folder === '' ? '' : `${this.#folder}/`}nsqd.dat`);
    const changes = this.#changes.begin();
    try {
      await this.#metadata.persist(this.#state());
    } catch (error) {
      this.#changes.failed(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
    this.#changes.wrote(changes);
    this.#failure = null;
    this.#retry();
  }

  /** A topic or channel has come: `nsqd.dat` is written soon. */
  created(made: Topic | Channel): void {
    this.#changed(made, made);
  }

  /** A topic or channel has gone: `nsqd.dat` is written soon. */
  deleted(gone: Topic | Channel): void {
    this.#changed(gone);
  }

  #changed(what: Topic | Channel, made?: Topic | Channel): void {
    if (this.#quiet || what.ephemeral || ('topic' in what && what.topic.ephemeral)) return;
    this.#changes.changed(made);
    if (this.#waiting) return;
    this.#waiting = true;
    const pending = this.#persistSoon().finally(() => {
      if (this.#pending === pending) this.#pending = null;
    });
    this.#pending = pending;
  }

  async #persistSoon(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#waiting = false;
    while (!this.#quiet) {
      try {
        await this.persist();
        return;
      } catch (error) {
        // Publishes that wait for this must not be accepted: a crash would lose them with their channel.
        this.#logger.error(`failed to persist metadata - ${messageOf(error)}`);
        this.#failure = error instanceof Error ? error : new Error(String(error));
        await new Promise<void>((resolve) => {
          if (this.#quiet) resolve();
          else this.#again.push(resolve);
        });
      }
    }
  }

  #retry(): void {
    for (const again of this.#again.splice(0)) again();
  }

  /** What a topic held is not needed any more. */
  forget(topic: Topic): void {
    if (topic.ephemeral || this.#quiet) return;
    this.#storage.remove(topic.name).catch((error: unknown) => {
      this.#logger.error(`failed to remove what topic ${topic.name} held - ${messageOf(error)}`);
    });
  }

  /** Writes down where every topic stands that has changed. */
  async checkpoint(): Promise<void> {
    this.#retry();
    await this.#storage.probe();
    await this.#storage.removeLeft();
    for (const topic of [...this.#engine.topics.values()]) {
      if (topic.ephemeral) continue;
      try {
        await this.#storage.checkpoint(this.#engine, topic);
      } catch (error) {
        this.#logger.error(`failed to write the checkpoint of topic ${topic.name} - ${messageOf(error)}`);
      }
    }
  }

  /** Writes all that must survive; nothing may change any more. Every topic is tried. @throws the first failure */
  async flush(): Promise<void> {
    this.#quiet = true;
    this.#retry();
    await this.#pending;
    const failures: unknown[] = [];
    const attempt = async (what: string, write: () => Promise<void>): Promise<void> => {
      try {
        await write();
      } catch (error) {
        this.#logger.error(`failed to ${what} - ${messageOf(error)}`);
        failures.push(error);
      }
    };
    await attempt('persist metadata', () => this.persist());
    for (const topic of this.#engine.topics.values()) {
      if (!topic.ephemeral) await attempt(`store topic ${topic.name}`, () => this.#storage.store(this.#engine, topic));
    }
    // At the end: a topic that could not make its log has left the files of an earlier one of its name.
    await this.#storage.settled();
    if (failures.length > 0) throw failures[0];
  }

  #state(): MetadataState {
    return {
      topics: [...this.#engine.topics.values()]
        .filter((topic) => !topic.ephemeral)
        .map((topic) => ({
          name: topic.name,
          paused: topic.paused,
          channels: [...topic.channels.values()].filter(({ ephemeral }) => !ephemeral).map(({ name, paused }) => ({ name, paused })),
        })),
    };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
