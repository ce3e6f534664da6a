import { CommitLog, LogError, SEGMENT_HEADER_BYTES, type LogLocation, type LogReader } from '@nsq/commit-log';
import { Batch } from '../queue/batch.js';
import { Message } from '../queue/message.js';
import type { TopicPosition } from '../queue/topic.js';
import type { Checkpoint, UnfinishedEntry } from './checkpoint.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.js';
import { decodeRecord, type DeferredRecord } from './record.js';
import type { StorageContext } from './storage-context.js';
import { TopicStorage } from './topic-storage.js';

/** A message of an earlier run for one channel. */
export interface RecoveredMessage {
  readonly channel: string;
  readonly message: Message;
  /** Milliseconds of the Unix epoch until which it is deferred; 0 when it is not. */
  readonly dueAt: number;
}

/** What is stored of a topic. */
export interface RecoveredTopic {
  readonly position: TopicPosition;
  readonly unfinished: readonly RecoveredMessage[];
  /** Deferred messages that no channel has received, with the delay that has not begun. */
  readonly waiting: readonly { readonly message: Message; readonly delay: number }[];
}

const isBehind = (a: LogLocation, b: LogLocation): boolean => a.segment > b.segment || (a.segment === b.segment && a.offset > b.offset);

const idOf = (of: { idHi: number; idLo: number }): bigint =>
  (BigInt.asUintN(32, BigInt(of.idHi)) << 32n) | BigInt.asUintN(32, BigInt(of.idLo));

/**
 * Opens a topic's log and works out where the topic stood: the last checkpoint, and what the log holds behind it.
 * A channel that the checkpoint does not know begins where the topic had dispatched to, so that it misses nothing.
 */
export async function recoverTopic(
  context: StorageContext,
  storage: TopicStorage,
  channelNames: readonly string[],
): Promise<RecoveredTopic> {
  const { fileSystem, files, segmentBytes, logger } = context;
  let checkpoint: Checkpoint | undefined;
  let checkpointLost = false;
  try {
    checkpoint = await readCheckpoint(fileSystem, storage.folder);
  } catch (error) {
    checkpointLost = true;
    // Without it everything that the log holds is delivered again: that loses nothing.
    logger.error(`STORAGE: ${error instanceof Error ? error.message : String(error)}; delivering all that is stored`);
  }
  const { log, recovery } = await CommitLog.open({
    folder: storage.folder,
    fileSystem,
    files,
    segmentBytes,
    nextSequence: checkpoint?.head ?? 0,
    onDamage: (damage) => logger.error(`STORAGE: ${JSON.stringify(damage)}`),
  });
  if (recovery.cutBytes > 0) logger.warn(`STORAGE: ${storage.folder}: cut ${recovery.cutBytes} bytes off that were not written completely`);
  storage.adopt(log);
  if (checkpoint !== undefined && isBehind(checkpoint.end, log.end)) {
    // A power failure has taken what came last. What takes its place must not be held for something that the checkpoint knows.
    checkpoint = { ...checkpoint, end: log.end, scanFrom: Math.min(checkpoint.scanFrom, log.end.segment) };
    await writeCheckpoint(fileSystem, storage.folder, checkpoint);
  }
  const head = log.nextSequence;
  const first = log.empty ? head : log.firstSequence;
  const within = (seq: number): number => Math.min(head, Math.max(first, seq));
  const dispatched = within(checkpoint?.dispatched ?? first);
  const known = new Map((checkpoint?.channels ?? []).map((channel) => [channel.name, channel]));
  const found = await new Scan(log, storage, checkpoint, checkpointLost, channelNames).run();
  return {
    position: {
      head,
      dispatched,
      holes: checkpoint?.holes ?? [],
      channels: channelNames.map((name) => ({
        name,
        seq: within(known.get(name)?.seq ?? dispatched),
        foreign: known.get(name)?.foreign,
      })),
    },
    ...found,
  };
}

/** Looks through the log for messages that are delivered on their own: unfinished and deferred ones. */
class Scan {
  readonly #log: CommitLog;
  readonly #storage: TopicStorage;
  readonly #checkpoint: Checkpoint | undefined;
  readonly #checkpointLost: boolean;
  readonly #channels: ReadonlySet<string>;
  readonly #wanted = new Map<bigint, { channel: string | null; entry: UnfinishedEntry }[]>(); // null: waits in the topic
  readonly #high = new Set<number>(); // high halves of wanted ids: a quick look whether a batch can have any
  readonly #seen = new Set<string>();
  readonly #unfinished: RecoveredMessage[] = [];
  readonly #waiting: { message: Message; delay: number }[] = [];

  constructor(
    log: CommitLog,
    storage: TopicStorage,
    checkpoint: Checkpoint | undefined,
    checkpointLost: boolean,
    channels: readonly string[],
  ) {
    this.#log = log;
    this.#storage = storage;
    this.#checkpoint = checkpoint;
    this.#checkpointLost = checkpointLost;
    this.#channels = new Set(channels);
    for (const { name, unfinished } of checkpoint?.channels ?? []) {
      if (this.#channels.has(name)) for (const entry of unfinished) this.#want(name, entry);
    }
    for (const entry of checkpoint?.waiting ?? []) this.#want(null, entry);
  }

  #want(channel: string | null, entry: UnfinishedEntry): void {
    const id = idOf(entry);
    const list = this.#wanted.get(id);
    if (list === undefined) this.#wanted.set(id, [{ channel, entry }]);
    else list.push({ channel, entry });
    this.#high.add(entry.idHi);
  }

  async run(): Promise<{ unfinished: RecoveredMessage[]; waiting: { message: Message; delay: number }[] }> {
    const result = { unfinished: this.#unfinished, waiting: this.#waiting };
    if (this.#log.empty) return result;
    const start = this.#start();
    try {
      await this.#read(this.#log.readAt(start));
    } catch (error) {
      if (!(error instanceof LogError && error.code === 'E_LOCATION')) throw error;
      // A power failure has damaged the place that the checkpoint names. What is found twice counts once.
      await this.#read(this.#log.readAt({ ...start, offset: SEGMENT_HEADER_BYTES }));
    }
    return result;
  }

  async #read(reader: LogReader): Promise<void> {
    for (let records = await reader.next(); records !== null; records = await reader.next()) {
      for (const { sequence, count, payload, segment, offset } of records) {
        const record = decodeRecord(sequence, count, payload);
        if (record instanceof Batch) this.#batch(record, segment);
        else this.#deferred(record, segment, this.#isNew(segment, offset));
      }
    }
    reader.close();
  }

  /** Where the first message can be that is wanted: what the checkpoint does not list comes behind it. */
  #start(): LogLocation {
    const first = { segment: this.#log.segments[0]?.number ?? 0, offset: SEGMENT_HEADER_BYTES };
    const checkpoint = this.#checkpoint;
    if (checkpoint === undefined) return first;
    const from = this.#wanted.size > 0 ? { segment: checkpoint.scanFrom, offset: SEGMENT_HEADER_BYTES } : checkpoint.end;
    return from.segment < first.segment ? first : from;
  }

  /** Whether a record came after the checkpoint. */
  #isNew(segment: number, offset: number): boolean {
    const end = this.#checkpoint?.end;
    return end === undefined || segment > end.segment || (segment === end.segment && offset >= end.offset);
  }

  #batch(batch: Batch, segment: number): void {
    if (!this.#high.has(batch.idHi)) return;
    let at = batch.at;
    for (let i = 0; i < batch.count; i++) {
      const wanted = this.#wanted.get(idOf({ idHi: batch.idHi, idLo: batch.idLo + i }));
      if (wanted !== undefined) {
        const message = new Message();
        message.idHi = batch.idHi;
        message.idLo = batch.idLo + i;
        message.timestampHi = batch.timestampHi;
        message.timestampLo = batch.timestampLo;
        message.bytes = batch.bytes;
        message.at = at;
        message.size = batch.bytes.readInt32BE(at);
        this.#keep(message, segment, wanted);
      }
      at = batch.offsetAfter(at);
    }
  }

  #deferred({ message, channels, dueAt, carried }: DeferredRecord, segment: number, isNew: boolean): void {
    const wanted = this.#wanted.get(idOf(message));
    if (wanted !== undefined) {
      this.#keep(message, segment, wanted);
      return;
    }
    // What was carried forward behind the checkpoint counts where it was before: it may be ahead of the channel's position there, or finished.
    // Only when the checkpoint is lost it may be nowhere else.
    if (!isNew || (carried && !this.#checkpointLost)) return;
    const entry: UnfinishedEntry = { idHi: message.idHi, idLo: message.idLo, attempts: 0, dueAt };
    if (channels.length === 0) this.#keep(message, segment, [{ channel: null, entry }]);
    else
      this.#keep(
        message,
        segment,
        channels.filter((name) => this.#channels.has(name)).map((channel) => ({ channel, entry })),
      );
  }

  #keep(message: Message, segment: number, wanted: readonly { channel: string | null; entry: UnfinishedEntry }[]): void {
    for (const { channel, entry } of wanted) {
      // A message that was carried forward is there twice.
      const key = `${channel ?? ''}/${entry.idHi}/${entry.idLo}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      const own = new Message();
      own.copyFrom(message);
      own.attempts = entry.attempts;
      own.detach();
      own.hold(this.#storage.segments.use(segment));
      if (channel === null) this.#waiting.push({ message: own, delay: entry.dueAt });
      else this.#unfinished.push({ channel, message: own, dueAt: entry.dueAt });
    }
  }
}
