import { statfs } from 'node:fs/promises';
import { fail, ok, warn, type Check } from './check.js';

const GIB = 2 ** 30;
/** Shares of the disk. */
const LOW = 0.1;
const FULL = 0.02;
/** With as much free in any case it is enough. Bytes. */
const ENOUGH = 20 * GIB;

/** What is free on the disk of a data folder. */
export async function diskCheck(folder: string): Promise<Check> {
  const subject = `disk of ${folder}`;
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return spaceCheck(subject, bavail * bsize, blocks * bsize);
  } catch (error) {
    return fail(subject, `cannot be looked at: ${(error as Error).message}`);
  }
}

/** @param free bytes @param size bytes of the whole disk */
export function spaceCheck(subject: string, free: number, size: number): Check {
  const share = size === 0 ? 1 : free / size;
  const text = `${(free / GIB).toFixed(1)} GiB free, ${Math.floor(share * 100)} %`;
  if (share < FULL && free < ENOUGH) return fail(subject, `${text}; nsqd refuses messages when it is full`);
  if (share < LOW && free < ENOUGH) return warn(subject, `${text}; make room`);
  return ok(subject, text);
}
