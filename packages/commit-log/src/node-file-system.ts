import fs from 'node:fs';
import { mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import type { LogFile, LogFileSystem } from './file-system.js';

const FILE_MODE = 0o600;

type Callback = (error: Error | null) => void;

/** Wraps a callback call of node:fs: cheaper than the methods of a FileHandle, which check and wrap each call once more. */
function call(run: (callback: Callback) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

class NodeFile implements LogFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  read(into: Buffer, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const readFrom = (at: number): void => {
        fs.read(this.#fd, into, at, into.length - at, position + at, (error, bytes) => {
          if (error !== null) reject(error);
          else if (bytes === 0 || at + bytes === into.length) resolve(at + bytes);
          else readFrom(at + bytes);
        });
      };
      readFrom(0);
    });
  }

  write(pieces: readonly Buffer[], position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const writeRest = (rest: readonly Buffer[], at: number): void => {
        fs.writev(this.#fd, rest, at, (error, bytes) => {
          if (error !== null) {
            reject(error);
            return;
          }
          const left = behind(rest, bytes);
          if (left.length === 0) resolve();
          else if (bytes === 0) reject(new Error('nothing was written'));
          else writeRest(left, at + bytes);
        });
      };
      writeRest(pieces, position);
    });
  }

  datasync(): Promise<void> {
    return call((callback) => {
      fs.fdatasync(this.#fd, callback);
    });
  }

  truncate(length: number): Promise<void> {
    return call((callback) => {
      fs.ftruncate(this.#fd, length, callback);
    });
  }

  size(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.#fd, (error, stats) => {
        if (error === null) resolve(stats.size);
        else reject(error);
      });
    });
  }

  close(): Promise<void> {
    return call((callback) => {
      fs.close(this.#fd, callback);
    });
  }
}

/** What is left of `pieces` behind the first `bytes` bytes. */
function behind(pieces: readonly Buffer[], bytes: number): readonly Buffer[] {
  let skip = bytes;
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i];
    if (piece === undefined) break;
    if (skip < piece.length) return [piece.subarray(skip), ...pieces.slice(i + 1)];
    skip -= piece.length;
  }
  return [];
}

/** The file system of the operating system. Files are made readable and writable for their owner only. */
export const nodeFileSystem: LogFileSystem = {
  open(path, mode) {
    return new Promise((resolve, reject) => {
      fs.open(path, mode === 'create' ? 'w+' : 'r+', FILE_MODE, (error, fd) => {
        if (error === null) resolve(new NodeFile(fd));
        else reject(error);
      });
    });
  },
  async list(folder) {
    try {
      return await readdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  remove: (path) => unlink(path),
  rename: (from, to) => rename(from, to),
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  removeFolder: (path) => rmdir(path),
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};
