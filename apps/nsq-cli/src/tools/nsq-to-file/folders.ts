import { link, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../../make-folder.js';

const FOLDER_MODE = 0o770;

/** Makes what is missing of the folders above a file. */
export async function makeFolderOf(file: string): Promise<void> {
  await makeFolder(path.dirname(path.resolve(file)), FOLDER_MODE);
}

/** Has the folder remember which files it has, over a power loss too. */
export async function syncFolderOf(file: string): Promise<void> {
  const handle = await open(path.dirname(file), 'r');
  try {
    await handle.sync();
  } catch {
    // Some file systems cannot, and need not.
  } finally {
    await handle.close();
  }
}

/** Moves a file within a file system, and never over another one. @returns false when there is a file already */
export async function moveExclusively(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
  await syncFolderOf(to);
  await unlink(from);
  return true;
}

export function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
