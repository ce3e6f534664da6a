import path from 'node:path';
import { findQueues, inspectQueue, type QueueReport } from '@nsq/diskqueue';
import { loadMetadata, type TopicState } from '@nsq/metadata';
import { isValidName } from '@nsq/protocol';
import { Logger } from '@nsq/service';
import { lockDataPath } from './data-path-lock.js';
import { folderOf } from './folder-name.js';
import { offlineContext } from './offline-context.js';
import { readOnlyFiles } from './read-only-files.js';
import type { StorageContext } from './storage-context.js';
import { StoredTopic, withStored, type StoredContent } from './stored-topic.js';

export interface InspectOptions {
  /** The data folder of a daemon that is stopped, or of the reference's. Nothing in it is changed. */
  readonly dataPath: string;
  /** Reads every message, so that each checksum is looked at. @default false: only what says where everything is */
  readonly verify?: boolean;
  /** Told before each topic and queue, of a folder that takes long. */
  readonly onProgress?: (name: string) => void;
}

export interface TopicReport extends StoredContent {
  readonly name: string;
  readonly paused: boolean;
  /** What was found in the log, when it was verified. */
  readonly verified?: { readonly records: number; readonly messages: number };
  /** A sentence for each thing that is damaged or missing. */
  readonly problems: readonly string[];
}

export interface FolderReport {
  readonly topics: readonly TopicReport[];
  /** Queue files of the reference that no daemon of ours has taken over. */
  readonly queues: readonly QueueReport[];
  /** What is wrong with the folder itself. */
  readonly problems: readonly string[];
}

/**
 * Says what a data folder holds, and whether it is in order.
 * @throws {Error} `failed to lock data-path: …` a daemon runs on the folder, or there is none
 * @throws {MetadataError} `nsqd.dat` cannot be read
 */
export async function inspectFolder({ dataPath, verify = false, onProgress }: InspectOptions): Promise<FolderReport> {
  const lock = lockDataPath(dataPath);
  const fileSystem = readOnlyFiles();
  try {
    const { topics: known, warnings } = await loadMetadata(dataPath, isValidName);
    const folder = path.join(dataPath, 'topics');
    const topics: TopicReport[] = [];
    for (const topic of await withStored({ fileSystem, folder }, known)) {
      onProgress?.(topic.name);
      const problems: string[] = [];
      const context = offlineContext(dataPath, fileSystem, collector(problems));
      topics.push(await inspectTopic(context, topic, verify, problems));
    }
    const { queues: found, unknown } = await findQueues(dataPath, isValidName);
    const queues: QueueReport[] = [];
    for (const queue of found) {
      onProgress?.(queue.name);
      queues.push(await inspectQueue(queue));
    }
    return { topics, queues, problems: [...warnings, ...unknown.map((name) => `${name} is not a queue's file`)] };
  } finally {
    lock.release();
  }
}

/** A logger that keeps what would be warnings and errors of a daemon. */
function collector(problems: string[]): Logger {
  return new Logger({
    level: 'warn',
    write: (line) => problems.push(line.replace(/^.*? (?:WARNING|ERROR): (?:STORAGE: )?/, '').trimEnd()),
  });
}

async function inspectTopic(context: StorageContext, topic: TopicState, verify: boolean, problems: string[]): Promise<TopicReport> {
  const { name, paused } = topic;
  let stored: StoredTopic | undefined;
  try {
    stored = await StoredTopic.open(context, path.join(context.folder, folderOf(name)), topic);
    const verified = verify ? await stored?.verify() : undefined;
    const content = stored?.content() ?? StoredTopic.nothing(topic);
    return { name, paused, ...content, ...(verified !== undefined && { verified }), problems };
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return { name, paused, ...StoredTopic.nothing(topic), problems };
  } finally {
    await stored?.close();
  }
}
