import { hostname } from 'node:os';
import { Consumer, type ConsumerOptions, type HttpOptions } from '@nsq/client';
import { pause } from '../../interrupt.js';
import { logConsumer } from '../consumer-log.js';
import type { ForwardIo } from '../forward-io.js';
import { checkNames, type Source } from '../source.js';
import { startConsumer } from '../start-consumer.js';
import { ToolError, reasonOf } from '../tool.js';
import { FileNaming, type NamingOptions } from './file-naming.js';
import { FileSeries, type Log, type SeriesOptions } from './file-series.js';
import { TopicArchiver } from './topic-archiver.js';
import { findTopics } from './topic-filter.js';

export interface ArchiveConfig {
  /** None for all that nsqlookupds know. */
  readonly topics: readonly string[];
  /** Which of them; null for all. */
  readonly pattern: RegExp | null;
  /** Milliseconds between two looks for topics. */
  readonly refresh: number;
  readonly channel: string;
  readonly source: Source;
  readonly discovery: HttpOptions;
  readonly consumer: Omit<ConsumerOptions, 'topic' | 'channel'>;
  readonly maxInFlight: number;
  readonly naming: NamingOptions;
  readonly files: SeriesOptions;
  readonly syncInterval: number;
  readonly skipEmptyFiles: boolean;
}

export interface ArchiveIo extends Omit<ForwardIo, 'log'> {
  readonly log: Log;
}

/**
 * Writes the messages of topics to files until the signal; SIGHUP closes the files.
 * @throws {ToolError} when a topic that was given cannot be consumed, or anything cannot be written; the other topics are ended cleanly before
 */
export async function archiveTopics(config: ArchiveConfig, io: ArchiveIo): Promise<void> {
  const archive = new Archive(config, io);
  const hangup = (): void => archive.hangup();
  process.on('SIGHUP', hangup);
  try {
    await archive.run();
  } finally {
    process.off('SIGHUP', hangup);
  }
}

class Archive {
  readonly #config: ArchiveConfig;
  readonly #io: ArchiveIo;
  readonly #archivers = new Map<string, { readonly archiver: TopicArchiver; readonly ended: Promise<void> }>();
  readonly #broken = new AbortController();
  #failure: Error | null = null;

  constructor(config: ArchiveConfig, io: ArchiveIo) {
    this.#config = config;
    this.#io = io;
  }

  hangup(): void {
    for (const { archiver } of this.#archivers.values()) archiver.hangup();
  }

  async run(): Promise<void> {
    const stop = AbortSignal.any([this.#io.signal, this.#broken.signal]);
    for (const topic of this.#config.topics) this.#naming(topic);
    try {
      while (!stop.aborted) {
        await this.#refresh(stop);
        await pause(this.#config.refresh, stop);
      }
    } finally {
      const all = [...this.#archivers.values()];
      for (const { archiver } of all) archiver.stop();
      await Promise.all(all.map(({ ended }) => ended));
    }
    if (this.#failure !== null) throw new ToolError(this.#failure.message);
  }

  async #refresh(stop: AbortSignal): Promise<void> {
    const { topics: given, pattern } = this.#config;
    for (const topic of given.length > 0 ? given : await this.#find(stop)) {
      if (this.#archivers.has(topic) || stop.aborted) continue;
      if (pattern !== null && !pattern.test(topic)) {
        this.#io.log('warn', `skipping topic ${topic} (doesn't match pattern ${pattern.source})`);
        continue;
      }
      try {
        await this.#start(topic);
      } catch (error) {
        const text = `couldn't create logger for new topic ${topic}: ${reasonOf(error)}`;
        if (given.length > 0) throw new ToolError(text);
        this.#io.log('error', text);
      }
    }
  }

  async #find(stop: AbortSignal): Promise<readonly string[]> {
    const { source, discovery } = this.#config;
    try {
      return await findTopics(source.lookupds, discovery, stop);
    } catch (error) {
      if (!stop.aborted) this.#io.log('error', `could not retrieve topic list: ${reasonOf(error)}`);
      return [];
    }
  }

  /** @throws {Error} for a topic that cannot be consumed, or has no file name */
  #naming(topic: string): FileNaming {
    checkNames(topic, this.#config.channel);
    return new FileNaming(this.#config.naming, { topic, hostname: hostname(), pid: process.pid });
  }

  async #start(topic: string): Promise<void> {
    const { channel, source, maxInFlight, files, syncInterval, skipEmptyFiles } = this.#config;
    const naming = this.#naming(topic);
    const log: Log = (level, text) => this.#io.log(level, `[${topic}/${channel}] ${text}`);
    const series = new FileSeries(naming, files, log);
    const consumer = new Consumer({ ...this.#config.consumer, ...source, topic, channel, maxInFlight, autoFinish: false });
    logConsumer(consumer, this.#io.library(this.#archivers.size + 1, `${topic}/${channel}`), source.nsqds);
    const { moved } = this.#io;
    const options = { maxUnsynced: maxInFlight, syncInterval, skipEmptyFiles, ...(moved === undefined ? {} : { onFinished: moved }) };
    const archiver = new TopicArchiver(consumer, series, options, log);
    const started = await startConsumer(consumer, (message) => archiver.take(message), source.nsqds);
    const ended = archiver.run(started.ended).catch((error: unknown) => {
      this.#failure ??= new Error(`[${topic}/${channel}] ${reasonOf(error)}; what was not finished comes again once this is repaired`);
      this.#broken.abort();
    });
    this.#archivers.set(topic, { archiver, ended });
  }
}
