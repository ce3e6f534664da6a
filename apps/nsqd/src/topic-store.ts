import type { Logger } from '@nsq/service';
import { loadMetadata, persistMetadata, type MetadataState } from '@nsq/metadata';
import { isValidName } from '@nsq/protocol';
import type { Engine } from './queue/engine.js';
import type { Storage } from './queue/storage.js';
import { captureTopic, restoreTopic } from './queue/topic-state.js';
import type { Topic } from './queue/topic.js';

const NOTHING = { batches: [], dispatched: 0, deferred: [], channels: [] };

/** Keeps the topics of an engine over a restart: which there are (`nsqd.dat`) and what they hold (a Storage). */
export class TopicStore {
  readonly #engine: Engine;
  readonly #storage: Storage;
  readonly #folder: string;
  readonly #version: string;
  readonly #logger: Logger;
  #quiet = true; // changes are not persisted: while loading, and after the last flush
  #scheduled = false;
  #pending: Promise<void> = Promise.resolve();

  constructor(engine: Engine, storage: Storage, folder: string, version: string, logger: Logger) {
    this.#engine = engine;
    this.#storage = storage;
    this.#folder = folder;
    this.#version = version;
    this.#logger = logger;
  }

  /** Makes the topics and channels that were there, with what they held. @throws when something stored cannot be read */
  async load(): Promise<void> {
    const { topics, warnings } = await loadMetadata(this.#folder, isValidName);
    for (const warning of warnings) this.#logger.warn(warning);
    for (const { name, paused, channels } of topics) {
      const topic = this.#engine.topic(name, false);
      const content = (await this.#storage.load(name)) ?? NOTHING;
      restoreTopic(
        this.#engine,
        topic,
        content,
        channels.map((channel) => channel.name),
      );
      for (const channel of channels) if (channel.paused) topic.channels.get(channel.name)?.pause();
      if (paused) topic.pause();
      topic.start();
    }
    this.#quiet = false;
  }

  /** Writes `nsqd.dat`. @throws {MetadataError} */
  async persist(): Promise<void> {
    this.#logger.info(`NSQ: persisting topic/channel metadata to ${this.#folder === '' ? '' : `${this.#folder}/`}nsqd.dat`);
    await persistMetadata(this.#folder, this.#state(), this.#version);
  }

  /** A topic or channel has come or gone: `nsqd.dat` is written soon. */
  changed(ephemeral: boolean): void {
    if (ephemeral || this.#quiet || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#quiet) return;
      this.persist().catch((error: unknown) => {
        this.#logger.error(`failed to persist metadata - ${messageOf(error)}`);
      });
    });
  }

  /** What a topic held is not needed any more. */
  forget(topic: Topic): void {
    if (topic.ephemeral || this.#quiet) return;
    this.#pending = this.#pending
      .then(() => this.#storage.remove(topic.name))
      .catch((error: unknown) => {
        this.#logger.error(`failed to remove what topic ${topic.name} held - ${messageOf(error)}`);
      });
  }

  /** Writes all that must survive; nothing may change any more. Every topic is tried. @throws the first failure */
  async flush(): Promise<void> {
    this.#quiet = true;
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
      if (!topic.ephemeral)
        await attempt(`store topic ${topic.name}`, () => this.#storage.save(topic.name, captureTopic(this.#engine, topic)));
    }
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
