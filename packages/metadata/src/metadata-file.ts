import { randomBytes } from 'node:crypto';
import { open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { MetadataError } from './metadata-error.js';
import { formatMetadata, parseMetadata, type IsValidName, type LoadedMetadata, type MetadataState } from './metadata-json.js';

const FILE_NAME = 'nsqd.dat';

/** A write that has not begun: a later one takes its place, and both callers get the outcome of that. */
interface Pending {
  text: string;
  readonly done: Promise<void>;
}

interface Writer {
  /** Settles, without ever rejecting, when the write under way is over. */
  current: Promise<void>;
  next: Pending | undefined;
}

/** The writes under way, by file: they must reach the disk in the order of the calls. */
const writers = new Map<string, Writer>();

/** The path of the metadata file in `folder`, `nsqd.dat`. */
export function metadataFile(folder: string): string {
  return path.join(folder, FILE_NAME);
}

/**
 * Reads the metadata file of `folder`. A missing file is an empty state. Nothing is ever written or moved.
 * @throws {MetadataError} `E_READ` when the file cannot be read, `E_PARSE` when it is corrupt, which an empty file is
 */
export async function loadMetadata(folder: string, isValidName: IsValidName): Promise<LoadedMetadata> {
  const file = metadataFile(folder);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { topics: [], warnings: [] };
    throw new MetadataError('E_READ', file, messageOf(error), { cause: error });
  }
  return parseMetadata(text, file, isValidName);
}

/**
 * Replaces the metadata file of `folder`: afterwards it holds either what it held or the whole new state, whatever happens on the way.
 * The state is taken at the call. Calls for the same folder are written one after the other; of those that wait for a write under way
 * only the last is written, and all of them resolve with it.
 * @param version the version of the writer, for people; it is not looked at on load
 * @throws {MetadataError} `E_WRITE`; the old file is still there, no temporary file is left
 */
export function persistMetadata(folder: string, state: MetadataState, version: string): Promise<void> {
  const file = path.resolve(metadataFile(folder));
  const text = formatMetadata(state, version);
  const writer = writers.get(file);
  if (writer === undefined) return start(file, text);
  if (writer.next !== undefined) {
    writer.next.text = text;
    return writer.next.done;
  }
  const next: Pending = { text, done: writer.current.then(() => start(file, next.text)) };
  writer.next = next;
  return next.done;
}

function start(file: string, text: string): Promise<void> {
  const written = replace(file, text);
  const writer: Writer = { current: Promise.resolve(), next: undefined };
  writer.current = written.then(
    () => idle(file, writer),
    () => idle(file, writer),
  );
  writers.set(file, writer);
  return written;
}

function idle(file: string, writer: Writer): void {
  if (writer.next === undefined) writers.delete(file);
}

async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(8).readBigUInt64BE() >> 1n}.tmp`;
  try {
    await writeSynced(temporary, text);
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw new MetadataError('E_WRITE', file, messageOf(error), { cause: error });
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the rename survive a power loss. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // a folder cannot be opened there
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network and overlay file systems cannot sync a folder, and have no need to.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function messageOf(error: unknown): string {
  return (error as Error).message;
}
