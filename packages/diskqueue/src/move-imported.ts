import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { DiskqueueError, errnoOf, systemError } from './diskqueue-error.js';
import { syncFolder, writeAtomically } from './durable.js';
import { allFiles, parseFileName, type QueueFiles } from './queue-files.js';

const TARGET = 'imported';
const JOURNAL = 'moving.json';

/** A file to move. The rest tells it from a later file of the same name. */
interface Moving {
  readonly name: string;
  readonly size: string;
  readonly inode: string;
  /** Modified, in ns since the Unix epoch. */
  readonly modified: string;
}

/**
 * Moves all files of `queues` into `target`, a subfolder of their folder, all or nothing: once the list of them is on disk they count as
 * moved, and `finishMove` moves what a killed process did not come to. Call that at every start, before looking for queues. A name that
 * `target` has already gets the first free of `.1`, `.2`, ... at its end.
 * @returns the names of the moved files, as they were
 * @throws {DiskqueueError} `E_MOVE`; before the list was on disk nothing has moved
 */
export async function moveImported(folder: string, queues: readonly QueueFiles[], target = TARGET): Promise<string[]> {
  const finished = await finishMove(folder, target);
  const journal = journalOf(folder, target);
  const files: Moving[] = [];
  for (const name of queues.flatMap(allFiles)) {
    const moving = await describe(folder, name);
    if (moving !== undefined) files.push(moving);
  }
  if (files.length === 0) return finished;
  try {
    await mkdir(path.dirname(journal), { recursive: true, mode: 0o700 });
    await syncFolder(folder);
    await writeAtomically(journal, JSON.stringify({ files }));
  } catch (error) {
    throw systemError('E_MOVE', journal, error);
  }
  return [...finished, ...(await finishMove(folder, target))];
}

/**
 * Ends a move that was cut short; does nothing if there is none. A file that was replaced or changed since stays where it is.
 * @returns the names of the moved files, as they were
 * @throws {DiskqueueError} `E_MOVE`
 */
export async function finishMove(folder: string, target = TARGET): Promise<string[]> {
  const journal = journalOf(folder, target);
  const files = await readJournal(journal);
  if (files === undefined) return [];
  const moved: string[] = [];
  try {
    for (const file of files) {
      const now = await describe(folder, file.name);
      if (now === undefined || now.inode !== file.inode || now.size !== file.size || now.modified !== file.modified) continue;
      await rename(path.join(folder, file.name), await freeName(path.join(path.dirname(journal), file.name)));
      moved.push(file.name);
    }
    await syncFolder(path.dirname(journal));
    await syncFolder(folder);
    await unlink(journal);
    await syncFolder(path.dirname(journal));
  } catch (error) {
    throw error instanceof DiskqueueError ? error : systemError('E_MOVE', folder, error);
  }
  return moved;
}

function journalOf(folder: string, target: string): string {
  if (target === '' || path.basename(target) !== target || target === '.' || target === '..') {
    throw new DiskqueueError('E_MOVE', `the target must be the name of a subfolder, got ${JSON.stringify(target)}`, { file: folder });
  }
  return path.join(folder, target, JOURNAL);
}

async function readJournal(file: string): Promise<readonly Moving[] | undefined> {
  try {
    const journal: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isJournal(journal)) return journal.files;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw systemError('E_MOVE', file, error);
  }
  throw new DiskqueueError('E_MOVE', 'it is not a list of files to move', { file });
}

function isJournal(value: unknown): value is { readonly files: readonly Moving[] } {
  const files = (value as { files?: unknown } | null)?.files;
  return Array.isArray(files) && files.every(isMoving);
}

function isMoving(value: unknown): value is Moving {
  const { name, size, inode, modified } = (value ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof size !== 'string' || typeof inode !== 'string' || typeof modified !== 'string') return false;
  return path.basename(name) === name && parseFileName(name) !== undefined;
}

async function describe(folder: string, name: string): Promise<Moving | undefined> {
  const stats = await statOf(path.join(folder, name));
  return stats && { name, size: String(stats.size), inode: String(stats.ino), modified: String(stats.mtimeNs) };
}

async function freeName(file: string): Promise<string> {
  let free = file;
  for (let n = 1; (await statOf(free)) !== undefined; n++) free = `${file}.${n}`;
  return free;
}

async function statOf(file: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(file, { bigint: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw systemError('E_MOVE', file, error);
  }
}
