import { mkdir, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { nodeFileSystem } from '@nsq/commit-log';
import { findQueues, formatQueueName, writeQueue, type WriteQueueOptions } from '@nsq/diskqueue';
import { loadMetadata, metadataFile, persistMetadata, type TopicState } from '@nsq/metadata';
import { isValidName } from '@nsq/protocol';
import { Logger } from '@nsq/service';
import { lockDataPath } from './data-path-lock.js';
import { folderOf } from './folder-name.js';
import { planImport } from './import-plan.js';
import { DEFAULT_MAX_BYTES_PER_FILE, offlineContext } from './offline-context.js';
import type { StorageContext } from './storage-context.js';
import { StoredTopic, withStored } from './stored-topic.js';

const DEFAULT_MAX_MSG_SIZE = 1_048_576;
/** The release whose files these are. */
const VERSION = '1.3.0';

export type ExportErrorCode = 'E_NOT_IMPORTED' | 'E_TARGET';

/** An export that was refused; nothing has been written. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
  readonly code: ExportErrorCode;

  constructor(code: ExportErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export interface ExportOptions {
  /** The data folder of a daemon that is stopped. Nothing is changed but for a torn end of a log, which is cut off as at a start. */
  readonly dataPath: string;
  /** Where the reference's files are written: another folder, without `nsqd.dat` and queue files. It is made if it is missing. */
  readonly target: string;
  /** `--max-bytes-per-file` of the daemon that will read the files. Bytes, at least 0. @default 104857600 */
  readonly maxBytesPerFile?: number;
  /** `--max-msg-size` of that daemon: it gives up a file at a larger body, so the export fails at one. Bytes. @default 1048576 */
  readonly maxMsgSize?: number;
  /** Told what was damaged. @default a logger on standard error */
  readonly logger?: Logger;
}

/** A queue that was written: `<topic>` or `<topic>:<channel>`. */
export interface ExportedQueue {
  readonly name: string;
  readonly messages: number;
}

/**
 * Writes a data folder back as NSQ 1.3.0 has it: `nsqd.dat`, for each channel a queue of all that it has not finished, for each topic one
 * of what no channel has received. Ids, timestamps, attempts and pauses are kept. Delays are not: the reference stores none, so deferred
 * messages come at once. Each channel has its own copy, so the files may need more room than the folder has.
 *
 * `nsqd.dat` is written last: a folder without it is an export that was cut short, to be deleted.
 * @throws {ExportError} `E_NOT_IMPORTED` the folder has queue files that the daemon has yet to take over: start it once; `E_TARGET` the target
 * is the folder itself, or has files already
 * @throws {Error} `failed to lock data-path: …` a daemon runs on one of the folders
 * @throws {DiskqueueError} `E_MESSAGE` a body above `maxMsgSize`; `E_WRITE`
 * @throws {MetadataError | LogError} what is stored cannot be read
 */
export async function exportFolder(options: ExportOptions): Promise<ExportedQueue[]> {
  const { dataPath, target, logger = new Logger() } = options;
  const locks = [lockDataPath(dataPath)];
  try {
    const { topics: known, warnings } = await loadMetadata(dataPath, isValidName);
    for (const warning of warnings) logger.warn(warning);
    await refuseImport(dataPath, known);
    await mkdir(target, { recursive: true, mode: 0o700 });
    await refuseTarget(dataPath, target);
    locks.push(lockDataPath(target));
    const context = offlineContext(dataPath, nodeFileSystem, logger);
    const topics = await withStored(context, known);
    const exported: ExportedQueue[] = [];
    const limits = {
      maxBytesPerFile: options.maxBytesPerFile ?? DEFAULT_MAX_BYTES_PER_FILE,
      maxMsgSize: options.maxMsgSize ?? DEFAULT_MAX_MSG_SIZE,
      isValid: isValidName,
    };
    for (const topic of topics) exported.push(...(await exportTopic(context, topic, target, limits)));
    await persistMetadata(target, { topics }, VERSION);
    return exported;
  } finally {
    for (const lock of locks) lock.release();
  }
}

async function exportTopic(
  context: StorageContext,
  topic: TopicState,
  target: string,
  limits: WriteQueueOptions,
): Promise<ExportedQueue[]> {
  const stored = await StoredTopic.open(context, path.join(context.folder, folderOf(topic.name)), topic);
  const exported: ExportedQueue[] = [];
  const write = async (channel: string | undefined): Promise<void> => {
    const name = formatQueueName(topic.name, channel);
    const messages = channel === undefined ? stored?.undispatched() : stored?.channel(channel);
    const { depth } = await writeQueue(target, name, messages ?? [], limits);
    exported.push({ name, messages: depth });
  };
  try {
    await write(undefined);
    for (const { name } of topic.channels) await write(name);
  } finally {
    await stored?.close();
  }
  return exported;
}

async function refuseImport(dataPath: string, topics: readonly TopicState[]): Promise<void> {
  const { queues } = await findQueues(dataPath, isValidName);
  const [first] = planImport(queues, topics).topics;
  if (first === undefined) return;
  throw new ExportError('E_NOT_IMPORTED', `${dataPath} has queue files of topic ${first.topic.name} that nsqd has not taken over yet`);
}

async function refuseTarget(dataPath: string, target: string): Promise<void> {
  if ((await realpath(target)) === (await realpath(dataPath))) throw new ExportError('E_TARGET', `${target} is the folder to be exported`);
  const { queues, unknown } = await findQueues(target, isValidName);
  const names = await readdir(target);
  const existing = queues[0]?.name ?? unknown[0] ?? names.find((name) => name === path.basename(metadataFile(target)));
  if (existing !== undefined) throw new ExportError('E_TARGET', `${target} has files already: ${existing}`);
}
