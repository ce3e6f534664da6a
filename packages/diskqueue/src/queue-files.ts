import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemError } from './diskqueue-error.js';
import { isValidName, parseQueueName, splitQueueName, type IsValidName, type QueueName } from './queue-name.js';

// A topic may itself be called x.diskqueue.meta: the last possible ".diskqueue." counts, which the greedy first group finds.
const FILE = /^(.+)\.diskqueue\.(?:(\d{6,}|meta)\.dat)(\.bad|\.\d+\.tmp)?$/;
const MARK = '.diskqueue.';

/** A data file: number 12 is called `<queue>.diskqueue.000012.dat`. */
export interface DataFile {
  readonly name: string;
  readonly number: number;
}

/** The files of one queue. All names are without the folder. */
export interface QueueFiles extends QueueName {
  readonly folder: string;
  /** In the order of their numbers. */
  readonly dataFiles: readonly DataFile[];
  readonly metadataFile: string | undefined;
  /** Data files that the reference set aside after a read error. Nobody reads them. */
  readonly badFiles: readonly string[];
  /** What a crash left of a replacement of a file. Nobody reads them. */
  readonly temporaryFiles: readonly string[];
}

export interface FoundQueues {
  /** In the order of their names. */
  readonly queues: readonly QueueFiles[];
  /** What looks like a file of a queue but is none: an invalid topic or channel, an odd number, a folder of such a name. */
  readonly unknown: readonly string[];
}

type FileKind = 'data' | 'metadata' | 'bad' | 'temporary';

interface ParsedFileName {
  readonly queue: string;
  readonly kind: FileKind;
  readonly number: number;
}

interface Collected extends QueueName {
  readonly folder: string;
  readonly dataFiles: DataFile[];
  metadataFile: string | undefined;
  readonly badFiles: string[];
  readonly temporaryFiles: string[];
}

export function dataFileName(queue: string, number: number): string {
  return `${queue}${MARK}${String(number).padStart(6, '0')}.dat`;
}

export function metadataFileName(queue: string): string {
  return `${queue}${MARK}meta.dat`;
}

/**
 * The queues whose files are in `folder`, subfolders not included. Nothing is opened.
 * @param isValid the rule for topics and channels; the reference's unless given
 * @throws {DiskqueueError} `E_READ` when the folder cannot be read
 */
export async function findQueues(folder: string, isValid: IsValidName = isValidName): Promise<FoundQueues> {
  const queues = new Map<string, Collected>();
  const unknown: string[] = [];
  for (const entry of await entriesOf(folder)) {
    if (!entry.name.includes(MARK)) continue;
    const parsed = parseFileName(entry.name);
    const name = parsed && splitQueueName(parsed.queue, isValid);
    if (parsed === undefined || name === undefined || !(await isRegularFile(entry, folder))) {
      unknown.push(entry.name);
      continue;
    }
    const queue = queues.get(name.name) ?? noFiles(folder, name);
    queues.set(name.name, queue);
    add(queue, parsed, entry.name);
  }
  for (const queue of queues.values()) sort(queue);
  return { queues: [...queues.values()].sort((a, b) => compare(a.name, b.name)), unknown: unknown.sort(compare) };
}

/**
 * The files of one queue, possibly none. Lists the whole folder: use `findQueues` for many.
 * @throws {DiskqueueError} `E_NAME`, or `E_READ` when the folder cannot be read
 */
export async function findQueue(folder: string, name: string, isValid: IsValidName = isValidName): Promise<QueueFiles> {
  const queue = noFiles(folder, parseQueueName(name, isValid));
  for (const entry of await entriesOf(folder)) {
    const parsed = parseFileName(entry.name);
    if (parsed?.queue === name && (await isRegularFile(entry, folder))) add(queue, parsed, entry.name);
  }
  sort(queue);
  return queue;
}

/** Every file of the queue: data, metadata, set aside and temporary. */
export function allFiles(queue: QueueFiles): string[] {
  const metadata = queue.metadataFile === undefined ? [] : [queue.metadataFile];
  return [...queue.dataFiles.map((file) => file.name), ...metadata, ...queue.badFiles, ...queue.temporaryFiles];
}

export function parseFileName(fileName: string): ParsedFileName | undefined {
  const match = FILE.exec(fileName);
  if (match === null) return undefined;
  const [, queue = '', stem = '', suffix] = match;
  const number = stem === 'meta' ? -1 : Number(stem);
  // Only the spelling that the reference would look for: 000007, not 0000007.
  if (number >= 0 && (!Number.isSafeInteger(number) || String(number).padStart(6, '0') !== stem)) return undefined;
  if (suffix === '.bad') return stem === 'meta' ? undefined : { queue, kind: 'bad', number };
  if (suffix !== undefined) return { queue, kind: 'temporary', number };
  return { queue, kind: stem === 'meta' ? 'metadata' : 'data', number };
}

function noFiles(folder: string, { name, topic, channel }: QueueName): Collected {
  return { folder, name, topic, channel, dataFiles: [], metadataFile: undefined, badFiles: [], temporaryFiles: [] };
}

function add(queue: Collected, { kind, number }: ParsedFileName, name: string): void {
  if (kind === 'data') queue.dataFiles.push({ name, number });
  else if (kind === 'metadata') queue.metadataFile = name;
  else if (kind === 'bad') queue.badFiles.push(name);
  else queue.temporaryFiles.push(name);
}

function sort(queue: Collected): void {
  queue.dataFiles.sort((a, b) => a.number - b.number);
  queue.badFiles.sort(compare);
  queue.temporaryFiles.sort(compare);
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw systemError('E_READ', folder, error);
  }
}

/** Opening anything else could block for ever (a FIFO) or fail in odd ways. */
async function isRegularFile(entry: Dirent, folder: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return stat(path.join(folder, entry.name)).then(
    (target) => target.isFile(),
    () => false,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
