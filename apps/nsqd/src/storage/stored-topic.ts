import { DiskMessage, MIN_PAYLOAD_BYTES } from '@nsq/diskqueue';
import type { TopicState } from '@nsq/metadata';
import { SEGMENT_HEADER_BYTES } from '@nsq/commit-log';
import { formatMessageId, isEphemeral, isValidName } from '@nsq/protocol';
import { Holes, type Hole } from '../queue/holes.js';
import type { LogCursor } from '../queue/topic-log.js';
import { topicOf } from './folder-name.js';
import { decodeRecord, type Stamped } from './record.js';
import type { StorageContext } from './storage-context.js';
import { recoverTopic, type RecoveredTopic } from './topic-recovery.js';
import { TopicStorage } from './topic-storage.js';

const CHUNK_MESSAGES = 1000;
const ATTEMPTS_AT = 8;
const ID_AT = 10;

/** How much is stored of a channel, in messages. */
export interface StoredChannel {
  readonly name: string;
  readonly paused: boolean;
  /** Never delivered. */
  readonly depth: number;
  /** Delivered and not finished; they come again. */
  readonly unfinished: number;
  /** Waiting for their time. */
  readonly deferred: number;
}

/** How much is stored of a topic. */
export interface StoredContent {
  /** Messages that no channel has received, deferred ones included. */
  readonly depth: number;
  readonly channels: readonly StoredChannel[];
  readonly segments: number;
  /** Of all segments. */
  readonly bytes: number;
}

type Messages = AsyncGenerator<DiskMessage[], void>;

/** What is stored of a topic that is not loaded, queue by queue as the reference has them. Delays are left out: the reference stores none. */
export class StoredTopic {
  readonly #storage: TopicStorage;
  readonly #content: RecoveredTopic;
  /** Sequence number up to which the messages belong to the channels. */
  readonly #dispatched: number;
  readonly #flows: boolean;

  readonly #topic: TopicState;

  private constructor(storage: TopicStorage, content: RecoveredTopic, topic: TopicState) {
    const { paused, channels } = topic;
    this.#topic = topic;
    this.#storage = storage;
    this.#content = content;
    this.#flows = !paused && channels.length > 0;
    this.#dispatched = this.#flows ? content.position.head : content.position.dispatched;
  }

  /** Undefined when nothing is stored. @throws when it cannot be read */
  static async open(context: StorageContext, folder: string, topic: TopicState): Promise<StoredTopic | undefined> {
    if ((await context.fileSystem.list(folder)).length === 0) return undefined;
    const storage = new TopicStorage(context, folder);
    const names = topic.channels.map(({ name }) => name);
    try {
      return new StoredTopic(storage, await recoverTopic(context, storage, names), topic);
    } catch (error) {
      await storage.close();
      throw error;
    }
  }

  /** What there is of a topic that nothing is stored of. */
  static nothing({ channels }: TopicState): StoredContent {
    const empty = { depth: 0, unfinished: 0, deferred: 0 };
    return { depth: 0, channels: channels.map(({ name, paused }) => ({ name, paused, ...empty })), segments: 0, bytes: 0 };
  }

  content(): StoredContent {
    const { position, unfinished, waiting } = this.#content;
    const count = (from: number, to: number, holes: readonly Hole[]): number => {
      const dropped = new Holes();
      for (const hole of holes) dropped.add(hole);
      return Math.max(0, to - from - dropped.countBetween(from, to));
    };
    const positions = new Map([...position.channels].map((channel) => [channel.name, channel]));
    const channels = this.#topic.channels.map(({ name, paused }) => {
      const { seq, foreign = [] } = positions.get(name) ?? { seq: this.#dispatched };
      const own = unfinished.filter(({ channel }) => channel === name);
      const deferred = own.filter(({ dueAt }) => dueAt > 0).length + (this.#flows ? waiting.length : 0);
      const depth = count(seq, this.#dispatched, [...position.holes, ...foreign]);
      return { name, paused, depth, unfinished: own.filter(({ dueAt }) => dueAt === 0).length, deferred };
    });
    const depth = this.#flows ? 0 : count(this.#dispatched, position.head, position.holes) + waiting.length;
    const { log } = this.#storage;
    return { depth, channels, segments: log?.segments.length ?? 0, bytes: log?.bytes ?? 0 };
  }

  /** Reads all there is, so that every checksum is looked at; damage is reported as at a start. @throws when a record makes no sense */
  async verify(): Promise<{ readonly records: number; readonly messages: number }> {
    let records = 0;
    let messages = 0;
    const { log } = this.#storage;
    const first = log?.segments[0];
    if (log === null || first === undefined) return { records, messages };
    const reader = log.readAt({ segment: first.number, offset: SEGMENT_HEADER_BYTES });
    for (let found = await reader.next(); found !== null; found = await reader.next()) {
      for (const { sequence, count, payload } of found) {
        decodeRecord(sequence, count, payload);
        records++;
        messages += Math.max(1, count);
      }
    }
    reader.close();
    return { records, messages };
  }

  /** What a channel has not finished: first what it has had already, then the rest in the order of publishing. */
  async *channel(name: string): Messages {
    const { position, unfinished, waiting } = this.#content;
    yield* chunked(unfinished.filter((entry) => entry.channel === name).map(({ message }) => message));
    if (this.#flows) yield* chunked(waiting.map(({ message }) => message));
    for (const channel of position.channels) {
      if (channel.name === name) yield* this.#log(channel.seq, this.#dispatched, [...position.holes, ...(channel.foreign ?? [])]);
    }
  }

  /** What no channel has received. */
  async *undispatched(): Messages {
    const { position, waiting } = this.#content;
    if (this.#flows) return;
    yield* this.#log(this.#dispatched, position.head, position.holes);
    yield* chunked(waiting.map(({ message }) => message));
  }

  async *#log(from: number, to: number, holes: readonly Hole[]): Messages {
    if (from >= to || this.#storage.empty) return;
    const cursor = this.#storage.read(from);
    try {
      for (;;) {
        const batches = await next(cursor);
        const messages: DiskMessage[] = [];
        for (const batch of batches) {
          let at = batch.at;
          for (let i = 0; i < batch.count; i++) {
            const seq = batch.seq + i;
            const end = batch.offsetAfter(at);
            const { idHi, idLo, timestampHi, timestampLo, attempts } = batch;
            if (seq >= from && seq < to && !holes.some((hole) => seq >= hole.from && seq < hole.to)) {
              messages.push(diskMessage({ idHi, idLo: idLo + i, timestampHi, timestampLo }, attempts, batch.bytes.subarray(at + 4, end)));
            }
            at = end;
          }
        }
        if (messages.length > 0) yield messages;
        const last = batches.at(-1);
        if (last === undefined || last.seq + last.count >= to) return;
      }
    } finally {
      cursor.close();
    }
  }

  close(): Promise<void> {
    return this.#storage.close();
  }
}

function next(cursor: LogCursor): Promise<Parameters<Parameters<LogCursor['next']>[0]>[1]> {
  return new Promise((resolve, reject) => {
    cursor.next((error, batches) => {
      if (error === null) resolve(batches);
      else reject(error);
    });
  });
}

interface Kept extends Stamped {
  readonly attempts: number;
  readonly bytes: Buffer;
  readonly at: number;
  readonly size: number;
}

function* chunked(messages: readonly Kept[]): Generator<DiskMessage[], void> {
  for (let i = 0; i < messages.length; i += CHUNK_MESSAGES) {
    const chunk = messages.slice(i, i + CHUNK_MESSAGES);
    yield chunk.map((message) => {
      const { bytes, at, size, attempts } = message;
      return diskMessage(message, attempts, bytes.subarray(at + 4, at + 4 + size));
    });
  }
}

function diskMessage({ idHi, idLo, timestampHi, timestampLo }: Stamped, attempts: number, body: Buffer): DiskMessage {
  const payload = Buffer.allocUnsafe(MIN_PAYLOAD_BYTES + body.length);
  payload.writeInt32BE(timestampHi, 0);
  payload.writeInt32BE(timestampLo, 4);
  payload.writeUInt16BE(attempts, ATTEMPTS_AT);
  payload.write(formatMessageId(idHi, idLo), ID_AT, 'latin1');
  payload.set(body, MIN_PAYLOAD_BYTES);
  return new DiskMessage(payload);
}

/** The topics of `nsqd.dat`, and those that a crash kept out of it. */
export async function withStored(
  { fileSystem, folder }: Pick<StorageContext, 'fileSystem' | 'folder'>,
  known: readonly TopicState[],
): Promise<TopicState[]> {
  const topics = known
    .filter(({ name }) => !isEphemeral(name))
    .map((topic) => ({ ...topic, channels: topic.channels.filter(({ name }) => !isEphemeral(name)) }));
  const names = new Set(topics.map(({ name }) => name));
  for (const entry of await fileSystem.list(folder)) {
    const name = topicOf(entry);
    if (name !== undefined && isValidName(name) && !names.has(name)) topics.push({ name, paused: false, channels: [] });
  }
  return topics;
}
