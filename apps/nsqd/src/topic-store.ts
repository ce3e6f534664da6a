import { loadMetadata, persistMetadata, type MetadataState, type TopicState } from '@nsq/metadata';
import { isValidName } from '@nsq/protocol';
import type { Logger } from '@nsq/service';
import type { Engine } from './queue/engine.js';
import type { Topic } from './queue/topic.js';
import type { DiskStorage } from './storage/disk-storage.js';

/** Keeps the topics of an engine over a restart: which there are (`nsqd.dat`) and what they hold (DiskStorage). */
export class TopicStore {
  readonly #engine: Engine;
  readonly #storage: DiskStorage;
  readonly #folder: string;
  readonly #version: string;
  readonly #logger: Logger;
  #quiet = true; // changes are not persisted: while loading, and after the last flush
  #pending: Promise<void> | null = null; // until the last change is in `nsqd.dat`
  #waiting = false; // a write that will show the last change has not begun

  constructor(engine: Engine, storage: DiskStorage, folder: string, version: string, logger: Logger) {
    this.#engine = engine;
    this.#storage = storage;
    this.#folder = folder;
    this.#version = version;
    this.#logger = logger;
  }

  /** Until the topics and channels that there are now are written down; null when they are. */
  get pending(): Promise<void> | null {
    return this.#pending;
  }

  /** Makes the topics and channels that were there, with what they held. @throws when something stored cannot be read */
  async load(): Promise<void> {
    const { topics, warnings } = await loadMetadata(this.#folder, isValidName);
    for (const warning of warnings) this.#logger.warn(warning);
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
    if (content === undefined) {
      for (const channel of channels) engine.channel(topic, channel.name);
    } else {
      const { position } = content;
      // What flows at once is not counted as entering anew.
      const flows = !paused && channels.length > 0;
      topic.restore(flows ? { ...position, dispatched: position.head } : position);
      const now = engine.now + engine.wallOffset; // when a delay begins that is given now: loading has taken its time
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
    await persistMetadata(this.#folder, this.#state(), this.#version);
  }

  /** A topic or channel has come or gone: `nsqd.dat` is written soon. */
  changed(ephemeral: boolean): void {
    if (ephemeral || this.#quiet || this.#waiting) return;
    this.#waiting = true;
    const pending = this.#persistSoon().finally(() => {
      if (this.#pending === pending) this.#pending = null;
    });
    this.#pending = pending;
  }

  async #persistSoon(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#waiting = false;
    if (this.#quiet) return;
    try {
      await this.persist();
    } catch (error) {
      this.#logger.error(`failed to persist metadata - ${messageOf(error)}`);
    }
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
    await this.#storage.probe();
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
    await this.#pending;
    await this.#storage.settled();
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
