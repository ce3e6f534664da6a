import type { Consumer, Message } from '@nsq/client';
import type { FileSeries, Log } from './file-series.js';

export interface ArchiverOptions {
  /** Messages that are written and not synced, at most. */
  readonly maxUnsynced: number;
  /** Milliseconds. */
  readonly syncInterval: number;
  /** No file without a message in it. */
  readonly skipEmptyFiles: boolean;
  onFinished?(count: number): void;
}

/** Writes the messages of a consumer to a series of files, and finishes them when they are on the disk. One step after the other, never two at once. */
export class TopicArchiver {
  readonly #consumer: Consumer;
  readonly #series: FileSeries;
  readonly #options: ArchiverOptions;
  readonly #log: Log;
  #queue: Message[] = []; // received; no more than the consumer may have in flight
  #writing: readonly Message[] = []; // taken from the queue
  #unsynced: Message[] = [];
  #due = { tick: false, hangup: false, stop: false, ended: false };
  #wake: () => void = () => undefined;

  constructor(consumer: Consumer, series: FileSeries, options: ArchiverOptions, log: Log) {
    this.#consumer = consumer;
    this.#series = series;
    this.#options = options;
    this.#log = log;
  }

  /** The consumer's handler, which answers nothing. */
  take(message: Message): void {
    this.#queue.push(message);
    this.#wake();
  }

  /** Syncs and closes the file. */
  hangup(): void {
    this.#do('hangup');
  }

  /** Takes no more, writes and finishes what has been received, and ends. */
  stop(): void {
    this.#do('stop');
    void this.#consumer.close();
  }

  /**
   * Until it is stopped and everything is written.
   * @param ended of the consumer
   * @throws {Error} when something could not be written. What is not finished comes again.
   */
  async run(ended: Promise<void>): Promise<void> {
    const ticker = setInterval(() => this.#do('tick'), this.#options.syncInterval);
    void ended.then(() => this.#do('ended'));
    try {
      while (!this.#due.ended) {
        await this.#somethingToDo();
        await this.#step();
      }
      await this.#step();
      await this.#series.close();
      this.#finish();
    } catch (error) {
      await this.#series.abandon();
      const closed = this.#consumer.close();
      // nsqd would wait for their timeout.
      for (const message of [...this.#unsynced, ...this.#writing, ...this.#queue]) message.requeue(0, { backoff: false });
      await closed;
      throw error;
    } finally {
      clearInterval(ticker);
    }
  }

  #do(what: 'tick' | 'hangup' | 'stop' | 'ended'): void {
    this.#due[what] = true;
    this.#wake();
  }

  #somethingToDo(): Promise<void> {
    const { tick, hangup, ended } = this.#due;
    if (this.#queue.length > 0 || tick || hangup || ended || (this.#due.stop && this.#unsynced.length > 0)) return Promise.resolve();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  async #step(): Promise<void> {
    const { tick, hangup, stop } = this.#due;
    this.#due.tick = false;
    this.#due.hangup = false;
    let close = hangup;
    if (tick && !this.#due.ended && this.#series.needsRotation) {
      if (this.#options.skipEmptyFiles) close = true;
      else await this.#rotate();
    }
    await this.#writeReceived();
    if (tick || hangup || stop || this.#consumer.starved) await this.#sync();
    if (close) await this.#series.close();
  }

  async #writeReceived(): Promise<void> {
    const messages = this.#queue;
    this.#queue = [];
    this.#writing = messages;
    for (const message of messages) {
      // Somebody gets it again: written twice is no use.
      if (message.expired) continue;
      if (this.#series.needsRotation) await this.#rotate();
      await this.#series.append(message.body);
      this.#unsynced.push(message);
      if (this.#unsynced.length >= this.#options.maxUnsynced) await this.#sync();
    }
    await this.#series.flush();
  }

  async #rotate(): Promise<void> {
    await this.#sync();
    await this.#series.rotate();
  }

  async #sync(): Promise<void> {
    if (this.#unsynced.length === 0) return;
    this.#log('info', `syncing ${this.#unsynced.length} records to disk`);
    await this.#series.sync();
    this.#finish();
  }

  #finish(): void {
    const messages = this.#unsynced;
    this.#unsynced = [];
    for (const message of messages.reverse()) message.finish();
    if (messages.length > 0) this.#options.onFinished?.(messages.length);
  }
}
