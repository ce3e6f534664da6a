import { CommitLog, type LogLocation } from '@nsq/commit-log';
import { Batch } from '../queue/batch.js';
import type { Message } from '../queue/message.js';
import type { Done, LogCursor, TopicLog } from '../queue/topic-log.js';
import { LogBatches } from './log-batches.js';
import { removeFolder } from './remove-folder.js';
import { encodeBatch, encodeDeferred } from './record.js';
import { Segments } from './segments.js';
import type { StorageContext } from './storage-context.js';
import { Teller } from './teller.js';

/** Bytes waiting to be written from which on publishers are held back, and down to which. */
const CONGESTED_BYTES = 32 * 1024 * 1024;
const RELIEVED_BYTES = CONGESTED_BYTES / 2;

const NOWHERE: LogLocation = { segment: 0, offset: 0 };

/** What was to be done before the log was open. */
type Task = (log: CommitLog) => void;

/** The log of one topic. It is opened, and its folder made, when there is something to write. */
export class TopicStorage implements TopicLog {
  readonly folder: string;
  readonly segments = new Segments();
  readonly writesThrough: boolean;
  /** Positions have changed since the last checkpoint. */
  dirty = false;
  /** The checkpoint under way, or the last one. */
  checkpointing: Promise<void> | null = null;
  /** No checkpoint before this time, engine milliseconds. */
  nextCheckpointAt = 0;
  readonly #context: StorageContext;
  readonly #teller: Teller;
  readonly #ready: () => Promise<void>;
  #log: CommitLog | null = null;
  #opening: Promise<void> | null = null;
  #closed = false;
  #tasks: Task[] = []; // what was to be written before the log was open, and what to do instead when it cannot be opened
  #failures: ((error: Error) => void)[] = [];
  #firstSequence = 0; // of a log that is not open yet
  #end = 0;
  #empty = true;
  #unopened = 0; // bytes that wait for the log to be opened
  #sinceSync = 0;
  #waiting: (() => void)[] = []; // publishers held back

  /** @param ready resolves when the folder may be made; called when there is something to write */
  constructor(context: StorageContext, folder: string, ready: () => Promise<void> = () => Promise.resolve()) {
    this.#context = context;
    this.#teller = new Teller(() => (this.writesThrough ? context.barrier() : null));
    this.folder = folder;
    this.#ready = ready;
    this.writesThrough = context.durability !== 'memory';
  }

  get log(): CommitLog | null {
    return this.#log;
  }

  /** The log is being opened, which may fail. */
  get opening(): boolean {
    return this.#opening !== null;
  }

  get end(): number {
    // After a failure the log gives numbers again before the failure is told.
    return this.#log === null || this.#empty ? this.#end : this.#log.nextSequence;
  }

  /** The end of what has been told to be stored: a checkpoint knows what is before it, and not what is behind. */
  get toldEnd(): LogLocation {
    return this.#teller.firstHeld ?? this.#log?.end ?? { segment: 0, offset: 0 };
  }

  get empty(): boolean {
    return this.#empty;
  }

  get refusal(): Error | null {
    const refusal = this.writesThrough ? (this.#context.refusal?.() ?? null) : null;
    if (refusal !== null) this.#context.health.failed(refusal);
    return refusal;
  }

  get congested(): boolean {
    return this.#unwritten > CONGESTED_BYTES;
  }

  get #unwritten(): number {
    return this.#unopened + (this.#log?.unwrittenBytes ?? 0);
  }

  /** Takes over a log that was opened to look into it. */
  adopt(log: CommitLog): void {
    this.#log = log;
    this.#empty = log.empty;
    this.#end = log.nextSequence;
  }

  // ---- writing

  append(batch: Batch, done: Done): void {
    // To leave them out would move the messages, and whoever stands in the batch has to know.
    if (batch.gap > 0) throw new Error('a batch with gaps cannot be stored');
    const { seq, count } = batch;
    if (this.#empty) this.#startAt(seq);
    else if (seq !== this.end) {
      // What is in front of it has failed, which is told soon.
      process.nextTick(done, new Error(`number ${seq} does not follow ${this.end}`));
      return;
    }
    batch.writing = true;
    this.#empty = false;
    this.#end = seq + count;
    this.#write(count, encodeBatch(batch), (error, location) => {
      batch.writing = false;
      if (error === null) batch.segment = this.segments.use(location.segment);
      done(error);
    });
    this.#countForSync(count);
  }

  appendDeferred(message: Message, channels: readonly string[], dueAt: number, done: Done): void {
    this.#empty = false;
    this.#write(0, encodeDeferred({ message, channels, dueAt, carried: false }), (error, location) => {
      if (error === null) message.hold(this.segments.use(location.segment));
      done(error);
    });
    this.#countForSync(1);
  }

  /** Writes a message again, for one channel. The segment it is in now; `null` when that failed. */
  carry(message: Message, channels: readonly string[], dueAt: number, done: (location: LogLocation | null) => void): void {
    this.#write(0, encodeDeferred({ message, channels, dueAt, carried: true }), (error, location) =>
      done(error === null ? location : null),
    );
  }

  #write(count: number, pieces: readonly Buffer[], done: (error: Error | null, location: LogLocation) => void): void {
    const { durability, health } = this.#context;
    this.dirty = true;
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.#log === null) this.#unopened += bytes;
    this.#withLog(
      (log) => {
        log.append(count, pieces, durability === 'fsync' ? 'synced' : 'written', (error, location) => {
          if (error === null) {
            health.worked();
          } else {
            this.#failed(error);
            this.#end = log.nextSequence;
            this.#empty = log.empty;
          }
          this.#teller.tell(error, location, done);
          this.#relieve();
        });
      },
      (error) => {
        this.#failed(error);
        done(error, NOWHERE);
        this.#relieve();
      },
      bytes,
    );
  }

  #withLog(task: Task, failed: (error: Error) => void, bytes: number): void {
    if (this.#log !== null) {
      task(this.#log);
      return;
    }
    if (this.#closed) {
      this.#unopened -= bytes;
      process.nextTick(failed, new Error('the log is closed'));
      return;
    }
    this.#tasks.push((log) => {
      this.#unopened -= bytes;
      task(log);
    });
    this.#failures.push((error) => {
      this.#unopened -= bytes;
      failed(error);
    });
    this.#opening ??= this.#open();
  }

  async #open(): Promise<void> {
    let opened: CommitLog | null = null;
    let failure = new Error('the log is closed');
    const first = this.#firstSequence;
    try {
      await this.#ready();
      const { fileSystem, files, segmentBytes, logger } = this.#context;
      // What an earlier topic of this name has left because it could not be removed: its positions are not those of this one.
      await removeFolder(fileSystem, this.folder);
      const { log } = await CommitLog.open({
        folder: this.folder,
        fileSystem,
        files,
        segmentBytes,
        nextSequence: first,
        onDamage: (damage) => logger.error(`STORAGE: ${JSON.stringify(damage)}`),
      });
      if (this.#closed) await log.close();
      else opened = log;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#opening = null;
    const tasks = this.#tasks;
    const failures = this.#failures;
    this.#tasks = [];
    this.#failures = [];
    if (opened === null) {
      this.#end = first;
      this.#empty = true;
      for (const fail of failures) fail(failure);
      return;
    }
    this.#log = opened;
    for (const task of tasks) task(opened);
  }

  /** Has an empty log number what comes next from `seq` on. */
  #startAt(seq: number): void {
    if (this.#log === null) this.#firstSequence = seq;
    else if (this.#log.nextSequence !== seq) this.#reset(this.#log, seq);
  }

  #reset(log: CommitLog, seq: number): void {
    log.reset(seq).catch((error: unknown) => this.#failed(error));
  }

  #countForSync(count: number): void {
    if (this.#context.durability === 'fsync') return;
    this.#sinceSync += count;
    if (this.#context.syncEvery > 0 && this.#sinceSync >= this.#context.syncEvery) void this.sync();
  }

  /** Has all that was appended on the disk. */
  async sync(): Promise<void> {
    this.#sinceSync = 0;
    try {
      await this.#log?.sync();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** A topic that is deleted while something is under way says nothing about the disk. */
  #failed(error: unknown): void {
    if (!this.#closed) this.#context.health.failed(error instanceof Error ? error : new Error(String(error)));
  }

  /** Resolves when what has been appended is written, or could not be. */
  async settled(): Promise<void> {
    await this.#opening;
    await this.sync();
  }

  // ---- reading and freeing

  read(seq: number): LogCursor {
    if (this.#log === null) throw new Error('nothing is stored');
    return new LogBatches(this.#log.read(seq), this.segments, this.#context.logger);
  }

  clear(seq: number): boolean {
    if (!this.#empty) {
      if (this.segments.firstUsed !== Infinity) return false;
      this.#empty = true;
      if (this.#log !== null) this.#reset(this.#log, seq);
    }
    this.#end = seq;
    return true;
  }

  touched(): void {
    this.dirty = true;
  }

  // ---- back-pressure

  /** Calls back, once, when publishers may go on. */
  whenRelieved(resume: () => void): void {
    if (this.congested) this.#waiting.push(resume);
    else resume();
  }

  #relieve(): void {
    if (this.#waiting.length === 0 || this.#unwritten > RELIEVED_BYTES) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  // ---- the end

  /** Waits for what is under way. What is appended from now on fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening;
    await this.#log?.close();
  }
}
