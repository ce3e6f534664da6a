import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from './diskqueue-error.js';

/** Only the owner may read what is in a queue. */
export const FILE_MODE = 0o600;

/** A name under which nobody takes the file for a finished one: `<file>.<random>.tmp`. */
export function temporaryName(file: string, random = randomNumber()): string {
  return `${file}.${random}.tmp`;
}

/** 63 random bits, in decimal. */
export function randomNumber(): string {
  return String(randomBytes(8).readBigUInt64BE() >> 1n);
}

/** Writes a whole file so that it is there with all its content or not at all, power loss included. */
export async function writeAtomically(file: string, text: string): Promise<void> {
  const temporary = temporaryName(file);
  try {
    const handle = await open(temporary, 'wx', FILE_MODE);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Makes created, renamed and removed names survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // a folder cannot be opened there
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network and overlay file systems cannot sync a folder, and have no need to.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
