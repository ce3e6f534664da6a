import { open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { MIN_PAYLOAD_BYTES, type DiskMessage } from './disk-message.js';
import { errnoOf, systemError } from './diskqueue-error.js';
import type { DataFile, QueueFiles } from './queue-files.js';
import { loadQueueMetadata, type LoadedQueueMetadata } from './queue-metadata.js';
import { problemOf, type OnProblem, type ProblemDetails } from './queue-problem.js';
import { planReading, type ReadPlan } from './read-plan.js';
import { readRecords, type OpenFile, type RecordLimits, type RecordsEnd } from './read-records.js';

const DEFAULT_MAX_MSG_SIZE = 1_048_576;
const DEFAULT_CHUNK_BYTES = 1_048_576;
const MIN_CHUNK_BYTES = 64;

export interface ReadQueueOptions {
  /**
   * The `--max-msg-size` of the daemon: the largest body that is expected, in bytes. A larger message is handed out too, and reported; a
   * larger length that does not lead to the end of the file or to another record is damage. @default 1048576
   */
  readonly maxMsgSize?: number;
  /** Bytes to read, and to hand out at once, at least 64; a larger message comes alone. @default 1048576 */
  readonly chunkBytes?: number;
  /** Reads every data file from its beginning, also what the metadata says was handed over: to get at messages after damage. @default false */
  readonly ignoreMetadata?: boolean;
  /** Gets everything that is not as a clean stop leaves it, and everything that is skipped, in the order in which reading comes upon it. */
  readonly onProblem: OnProblem;
}

/** Some messages of one data file. */
export interface Scanned {
  readonly file: DataFile;
  readonly messages: DiskMessage[];
}

/**
 * Hands out the messages that have not been handed over yet, oldest first, in chunks that are never empty. Damage ends a file, not the
 * reading. Nothing on disk is changed; leaving the loop early closes the file.
 * @throws {DiskqueueError} `E_READ` when the operating system refuses to read something that is there: rather no import than half of one
 * @throws {RangeError} for an option out of bounds
 */
export async function* readQueue(queue: QueueFiles, options: ReadQueueOptions): AsyncGenerator<DiskMessage[], void> {
  const loaded = await loadQueueMetadata(queue);
  for await (const { messages } of scanQueue(queue, loaded, options)) yield messages;
}

/** `readQueue`, with the file of each chunk. */
export async function* scanQueue(queue: QueueFiles, loaded: LoadedQueueMetadata, options: ReadQueueOptions): AsyncGenerator<Scanned, void> {
  const limits = limitsOf(options);
  const report = (details: ProblemDetails): void => options.onProblem(problemOf(queue.name, details));
  const plan = planReading(queue, loaded, options.ignoreMetadata ?? false);
  plan.problems.forEach(report);
  await reportUnread(queue, plan, report);

  let count = 0;
  for (const file of plan.files) {
    for await (const messages of readFile(queue.folder, file, plan, limits, report)) {
      count += messages.length;
      yield { file, messages };
    }
  }
  const stated = plan.metadata?.depth ?? count;
  if (stated !== count) report({ code: 'depth', loss: stated > count, message: `has ${count} messages, its metadata says ${stated}` });
}

async function* readFile(
  folder: string,
  file: DataFile,
  plan: ReadPlan,
  limits: RecordLimits,
  report: (problem: ProblemDetails) => void,
): AsyncGenerator<DiskMessage[], void> {
  const { name } = file;
  const opened = await openFile(path.join(folder, name));
  if (opened === undefined) {
    report({ code: 'file-missing', file: name, loss: true, message: 'has gone away' });
    return;
  }
  try {
    const offset = file.number === plan.firstNumber ? plan.firstOffset : 0;
    reportSize(file, offset, opened.size, plan, report);
    const end = yield* readRecords(opened, offset, limits);
    reportEnd(file, end, plan, limits, report);
  } finally {
    await opened.handle.close();
  }
}

async function openFile(file: string): Promise<OpenFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    return { path: file, handle, size: (await handle.stat()).size };
  } catch (error) {
    await handle?.close();
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw systemError('E_READ', file, error);
  }
}

function reportSize(
  { name, number }: DataFile,
  offset: number,
  size: number,
  plan: ReadPlan,
  report: (problem: ProblemDetails) => void,
): void {
  const { metadata, crossed } = plan;
  if (metadata === undefined) return;
  if (offset > size) {
    report({
      code: 'read-position-past-end',
      file: name,
      offset,
      loss: true,
      message: `ends at ${size}, before the read position ${offset}`,
    });
  }
  const { writeFile, writePos } = metadata;
  const known = number < writeFile ? size : number === writeFile ? writePos : 0;
  if (size > known) {
    const bytes = size - Math.max(known, offset);
    const message = `has ${bytes} bytes beyond the write position; they are read`;
    if (bytes > 0) report({ code: 'beyond-metadata', file: name, offset: size - bytes, bytes, loss: false, message });
  } else if (size < known && offset < known && !crossed) {
    report({ code: 'file-short', file: name, offset: size, bytes: known - size, loss: true, message: `ends at ${size}, not at ${known}` });
  }
}

function reportEnd(
  { name: file, number }: DataFile,
  { damage, oversized, largest, size }: RecordsEnd,
  { metadata }: ReadPlan,
  { maxPayloadBytes }: RecordLimits,
  report: (problem: ProblemDetails) => void,
): void {
  if (oversized > 0) {
    const message = `has ${oversized} messages larger than ${maxPayloadBytes} bytes, the largest ${largest}; they are read`;
    report({ code: 'oversized-record', file, loss: false, message });
  }
  if (damage === undefined) return;
  const { code, offset, length } = damage;
  const bytes = size - offset;
  if (code === 'bad-length') {
    const message = `has the invalid message size ${length} at ${offset}; ${bytes} bytes to its end are given up`;
    report({ code, file, offset, bytes, loss: true, message });
    return;
  }
  // A write that a crash cut short was never acknowledged, unless the metadata knows of it.
  const isTail = metadata !== undefined && (number > metadata.writeFile || (number === metadata.writeFile && offset >= metadata.writePos));
  report({
    code,
    file,
    offset,
    bytes,
    loss: !isTail,
    message: `ends inside a message that begins at ${offset}; ${bytes} bytes are given up`,
  });
}

/** Of what lies about but is not read. */
async function reportUnread(queue: QueueFiles, plan: ReadPlan, report: (problem: ProblemDetails) => void): Promise<void> {
  for (const { name: file } of plan.leftOver) {
    const bytes = await sizeOf(queue.folder, file);
    report({
      code: 'file-left-over',
      file,
      bytes,
      loss: plan.crossed,
      message: `lies before the read position; ${bytes} bytes are not read`,
    });
  }
  for (const file of queue.badFiles) {
    const bytes = await sizeOf(queue.folder, file);
    report({ code: 'file-set-aside', file, bytes, loss: false, message: `was set aside by an earlier run; ${bytes} bytes are not read` });
  }
}

/** 0 for a file that has gone away. */
export async function sizeOf(folder: string, name: string): Promise<number> {
  const file = path.join(folder, name);
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    throw systemError('E_READ', file, error);
  }
}

function limitsOf({ maxMsgSize = DEFAULT_MAX_MSG_SIZE, chunkBytes = DEFAULT_CHUNK_BYTES }: ReadQueueOptions): RecordLimits {
  if (!Number.isSafeInteger(maxMsgSize) || maxMsgSize < 0) throw new RangeError(`maxMsgSize must be at least 0 bytes, got ${maxMsgSize}`);
  if (!Number.isInteger(chunkBytes) || chunkBytes < MIN_CHUNK_BYTES || chunkBytes > 2 ** 30) {
    throw new RangeError(`chunkBytes must be ${MIN_CHUNK_BYTES} to ${2 ** 30}, got ${chunkBytes}`);
  }
  return { chunkBytes, maxPayloadBytes: MIN_PAYLOAD_BYTES + maxMsgSize };
}
