import { open, readdir } from 'node:fs/promises';
import type { LogFile, LogFileSystem } from '@nsq/commit-log';

const refuse = (): Promise<never> => Promise.reject(Object.assign(new Error('opened for reading only'), { code: 'EROFS' }));
const done = (): Promise<void> => Promise.resolve();

/** A file that was made while nothing may be changed: it takes everything and keeps nothing. */
const NOWHERE: LogFile = {
  read: () => Promise.resolve(0),
  write: done,
  datasync: done,
  truncate: done,
  size: () => Promise.resolve(0),
  close: done,
};

/**
 * The disk, to look at only. What recovery repairs stays as it is: a torn end is not cut off, damaged files keep their names, what is to be removed
 * is still there, a checkpoint is not replaced.
 */
export function readOnlyFiles(): LogFileSystem {
  const made = new Set<string>();
  return {
    open: async (path, mode) => {
      if (mode === 'create') {
        made.add(path);
        return NOWHERE;
      }
      const file = await open(path, 'r');
      return {
        read: async (into, position) => {
          let at = 0;
          while (at < into.length) {
            const { bytesRead } = await file.read(into, at, into.length - at, position + at);
            if (bytesRead === 0) break;
            at += bytesRead;
          }
          return at;
        },
        write: refuse,
        datasync: done,
        truncate: refuse,
        size: async () => (await file.stat()).size,
        close: () => file.close(),
      };
    },
    list: async (folder) => {
      try {
        return await readdir(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
    remove: done,
    rename: (from) => (made.delete(from) ? done() : refuse()),
    makeFolder: done,
    removeFolder: done,
    syncFolder: done,
  };
}
