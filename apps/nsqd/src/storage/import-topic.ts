import { CommitLog } from '@nsq/commit-log';
import { readQueue, type DiskMessage, type QueueFiles } from '@nsq/diskqueue';
import type { ChannelCheckpoint } from './checkpoint.js';
import { writeCheckpoint } from './checkpoint-file.js';
import { IdSet } from './import-ids.js';
import type { TopicQueues } from './import-plan.js';
import { encodeMessage } from './record.js';
import type { StorageContext } from './storage-context.js';
import type { StoredTopic } from './stored-topic.js';

export interface ImportSettings {
  /** An id that no message has. */
  readonly newId: () => { readonly idHi: number; readonly idLo: number };
  /** Bytes of the largest body that is expected; larger ones are imported too, and reported. @default 1048576 */
  readonly maxMsgSize?: number | undefined;
}

/**
 * Writes a topic's messages, what is `stored` in front of what its queues hold, to the empty `folder`: log and checkpoint, durable once
 * resolved.
 *
 *   sequence   | first channel's | second channel's | ... | the topic's |
 *              0                                          ^ dispatched  ^ head
 *
 * Each channel begins at its own messages and jumps from their end to `dispatched`. So they are read when they are delivered, not at
 * the start. Ids of the reference do not follow one another: each message is a record of its own.
 */
export async function buildTopic(
  context: StorageContext,
  folder: string,
  { topic, own, channels }: TopicQueues,
  stored: StoredTopic | undefined,
  settings: ImportSettings,
): Promise<void> {
  const { fileSystem, files, segmentBytes } = context;
  await fileSystem.makeFolder(folder);
  const { log } = await CommitLog.open({ folder, fileSystem, files, segmentBytes });
  try {
    const copier = new Copier(log, context, settings);
    const ranges: { name: string; from: number; to: number }[] = [];
    for (const { name } of topic.channels) {
      const from = log.nextSequence;
      await copier.copy(stored?.channel(name), channels.get(name) ?? []);
      ranges.push({ name, from, to: log.nextSequence });
    }
    const dispatched = log.nextSequence;
    await copier.copy(stored?.undispatched(), own);
    await log.sync();
    const head = log.nextSequence;
    const checkpoints = ranges.map(({ name, from, to }): ChannelCheckpoint => {
      const seq = to > from ? from : dispatched;
      return { name, seq, unfinished: [], foreign: to > from && to < dispatched ? [{ from: to, to: dispatched }] : [] };
    });
    const { end } = log;
    await writeCheckpoint(fileSystem, folder, {
      head,
      dispatched,
      holes: [],
      end,
      scanFrom: end.segment,
      waiting: [],
      channels: checkpoints,
    });
  } finally {
    await log.close();
  }
}

/** Whether there is anything to import. Problems are not reported here. */
export async function hasMessages(queues: readonly QueueFiles[], { maxMsgSize }: ImportSettings): Promise<boolean> {
  const options = { ...(maxMsgSize !== undefined && { maxMsgSize }), onProblem: () => undefined };
  for (const queue of queues) {
    for await (const messages of readQueue(queue, options)) if (messages.length > 0) return true;
  }
  return false;
}

/** Reads queues without messages, for the log. */
export async function reportEmpty(context: StorageContext, queues: readonly QueueFiles[], settings: ImportSettings): Promise<void> {
  for (const queue of queues) {
    const reading = new Reading(queue, context, settings);
    for await (const messages of reading.messages()) reading.count += messages.length;
    reading.end();
  }
}

/** Appends messages to a log, each with an id that is unique in its channel. */
class Copier {
  readonly #log: CommitLog;
  readonly #context: StorageContext;
  readonly #settings: ImportSettings;

  constructor(log: CommitLog, context: StorageContext, settings: ImportSettings) {
    this.#log = log;
    this.#context = context;
    this.#settings = settings;
  }

  async copy(stored: AsyncIterable<readonly DiskMessage[]> | undefined, queues: readonly QueueFiles[]): Promise<void> {
    const ids = new IdSet();
    for await (const messages of stored ?? []) await this.#write(messages, ids);
    for (const queue of queues) {
      const reading = new Reading(queue, this.#context, this.#settings);
      for await (const messages of reading.messages()) {
        reading.renamed += await this.#write(messages, ids);
        reading.count += messages.length;
      }
      reading.end();
    }
  }

  /** How many messages got a new id. Waits for the disk: no more than these are in memory. */
  #write(messages: readonly DiskMessage[], ids: IdSet): Promise<number> {
    return new Promise((resolve, reject) => {
      let renamed = 0;
      let left = messages.length;
      let failure: Error | null = null;
      const done = (error: Error | null): void => {
        failure ??= error;
        if (--left > 0) return;
        if (failure === null) resolve(renamed);
        else reject(failure);
      };
      for (const { idHi, idLo, timestampHi, timestampLo, attempts, body } of messages) {
        let id = { idHi, idLo };
        if (Number.isNaN(idHi) || Number.isNaN(idLo) || !ids.add(idHi, idLo)) {
          do id = this.#settings.newId();
          while (!ids.add(id.idHi, id.idLo));
          renamed++;
        }
        this.#log.append(1, encodeMessage({ ...id, timestampHi, timestampLo }, attempts, body), 'written', done);
      }
    });
  }
}

/** One queue of the reference being read, and what is said about it. */
class Reading {
  count = 0;
  /** Messages that got a new id. */
  renamed = 0;
  #problems = 0;
  readonly #queue: QueueFiles;
  readonly #context: StorageContext;
  readonly #maxMsgSize: number | undefined;

  constructor(queue: QueueFiles, context: StorageContext, { maxMsgSize }: ImportSettings) {
    this.#queue = queue;
    this.#context = context;
    this.#maxMsgSize = maxMsgSize;
  }

  messages(): AsyncGenerator<DiskMessage[], void> {
    return readQueue(this.#queue, {
      ...(this.#maxMsgSize !== undefined && { maxMsgSize: this.#maxMsgSize }),
      onProblem: ({ message }) => this.#warn(message),
    });
  }

  end(): void {
    const { name } = this.#queue;
    if (this.renamed > 0) this.#warn(`${name}: ${this.renamed} messages have a new id: theirs was no hex number, or there twice`);
    const problems = this.#problems === 1 ? '1 problem' : `${this.#problems} problems`;
    this.#context.logger.info(`IMPORT: ${name}: ${this.count} messages, ${problems}`);
  }

  #warn(message: string): void {
    this.#problems++;
    this.#context.logger.warn(`IMPORT: ${message}`);
  }
}
