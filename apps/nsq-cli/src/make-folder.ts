import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder, with what is missing above it. Not by the `recursive` of mkdir: in a file system that refuses with ENOENT, such as /proc, that
 * never ends (Node 20).
 * @param mode of what is made, less the umask
 */
export async function makeFolder(folder: string, mode: number): Promise<void> {
  await make(path.resolve(folder), mode, true);
}

async function make(folder: string, mode: number, withParent: boolean): Promise<void> {
  try {
    await mkdir(folder, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && withParent) {
      await make(path.dirname(folder), mode, true);
      await make(folder, mode, false);
    } else if (code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
  }
}
