import path from 'node:path';
import { Inode, Names } from './simulated-disk.js';
import { SeededRandom } from './seeded-random.js';
import type { LogFile, LogFileSystem } from '../file-system.js';

export type Operation =
  | 'open'
  | 'read'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'size'
  | 'close'
  | 'list'
  | 'remove'
  | 'rename'
  | 'makeFolder'
  | 'removeFolder'
  | 'syncFolder';

export interface SimulatedFileSystemOptions {
  /** Decides everything that is left to chance. @default 1 */
  readonly seed?: number;
  /** Folders that are there, also after a power loss. Absolute paths. @default none but the root */
  readonly folders?: readonly string[];
  /** Bytes all files together may have; what is more fails with ENOSPC. @default Infinity */
  readonly capacity?: number;
  /** Told of each call that completes and of each crash: to follow a run that fails. */
  readonly trace?: (line: string) => void;
}

export interface Fault {
  readonly operation: Operation;
  /** Calls that succeed first. @default 0 */
  readonly after?: number;
  /** Calls that fail then. @default 1 */
  readonly times?: number;
  /** @default 'EIO' */
  readonly code?: string;
  /** Only for paths that contain this. @default every path */
  readonly path?: string;
}

interface Pending {
  readonly operation: Operation;
  readonly path: string;
  readonly run: (failure: Error | null) => void;
  /** What may have happened by the time of a crash. */
  readonly tear: () => void;
}

/**
 * A file system in memory that fails, delays, tears and forgets, the same way for the same seed. Paths are absolute, with slashes.
 *
 * A call has its effect when it completes. Those that are pending complete some at a time, in random order, each time the event loop turns.
 * What is written survives a power loss when `datasync` was called after it; a name made, changed or removed, when `syncFolder` was. A failed
 * write has written some of it; a failed datasync has lost some of what it was to store, even if a later one succeeds.
 */
export class SimulatedFileSystem implements LogFileSystem {
  readonly #random: SeededRandom;
  #names = new Names(new Map());
  #pending: Pending[] = [];
  #turning = false;
  #dead = false;
  #faults: { fault: Fault; after: number; times: number }[] = [];
  readonly #trace: ((line: string) => void) | undefined;
  #openFiles = 0;
  #mostOpenFiles = 0;
  /** See the option. Change it at any time. */
  capacity: number;
  /** Of each operation, how probable it is to fail. From 0 to 1. */
  errorRate: Partial<Record<Operation, number>> = {};

  constructor(options: SimulatedFileSystemOptions = {}) {
    this.#random = new SeededRandom(options.seed ?? 1);
    this.capacity = options.capacity ?? Infinity;
    this.#trace = options.trace;
    const folders = new Map<string, 'folder'>();
    for (const folder of options.folders ?? []) for (const each of withParents(folder)) folders.set(each, 'folder');
    this.#names = new Names(folders);
  }

  /** Lets calls to come fail. */
  fail(fault: Fault): void {
    this.#faults.push({ fault, after: fault.after ?? 0, times: fault.times ?? 1 });
  }

  /** Ends all faults, also those of `errorRate`; `capacity` stays. */
  heal(): void {
    this.#faults = [];
    this.errorRate = {};
  }

  /**
   * Ends the process or the power. Calls that are pending have happened, not happened, or happened in part, and never answer; neither does
   * any later call here. The file system returned is what the next process finds. It goes on with the same random numbers, without faults.
   *
   * `process`: what completed stays. `power`: each write that is not synced stays, or is lost, or only its beginning or some of its sectors stay;
   * each name that is not synced is new or old.
   */
  crash(kind: 'process' | 'power'): SimulatedFileSystem {
    this.#trace?.(
      `crash of the ${kind} during ${this.#pending.map((pending) => `${pending.operation} ${pending.path}`).join(', ') || 'nothing'}`,
    );
    for (const pending of this.#pending) if (this.#random.chance(0.5)) pending.tear();
    this.#pending = [];
    this.#dead = true;
    const trace = this.#trace;
    const next = new SimulatedFileSystem({
      seed: this.#random.below(0x7fff_ffff),
      capacity: this.capacity,
      ...(trace === undefined ? {} : { trace }),
    });
    next.#names = kind === 'process' ? this.#names.afterProcessEnd() : this.#names.afterPowerLoss(this.#random);
    return next;
  }

  /** Calls that have not completed. */
  get pending(): number {
    return this.#pending.length;
  }

  get openFiles(): number {
    return this.#openFiles;
  }

  get mostOpenFiles(): number {
    return this.#mostOpenFiles;
  }

  /** Of all files. */
  get usedBytes(): number {
    let bytes = 0;
    for (const [, entry] of this.#names.entries()) if (entry !== 'folder') bytes += entry.length;
    return bytes;
  }

  /** The paths of all files, sorted. */
  get files(): string[] {
    return [...this.#names.entries()].flatMap(([name, entry]) => (entry === 'folder' ? [] : [name])).sort();
  }

  /** A copy of a file's content. */
  contentOf(file: string): Buffer {
    return Buffer.from(this.#inode(file).content);
  }

  /** Overwrites a part of a file, on the disk too: damage, or a file that another program wrote. A missing file is made. */
  corrupt(file: string, position: number, bytes: Buffer): void {
    if (this.#names.get(file) === undefined) {
      this.#names.change(path.posix.dirname(file), new Map([[file, new Inode()]]));
      this.#names.sync(path.posix.dirname(file), Infinity);
    }
    this.#inode(file).corrupt(position, Buffer.from(bytes));
  }

  open(file: string, mode: 'create' | 'readwrite'): Promise<LogFile> {
    const opened = (): Inode => {
      const entry = this.#names.get(file);
      if (entry === 'folder') throw failure('EISDIR', 'open', file);
      if (mode === 'readwrite') return entry ?? this.#missing('open', file);
      if (entry !== undefined) {
        if (entry.length > 0) entry.truncate(0);
        return entry;
      }
      this.#needFolder('open', file);
      const inode = new Inode();
      this.#names.change(path.posix.dirname(file), new Map([[file, inode]]));
      return inode;
    };
    return this.#call('open', file, () => {
      const inode = opened();
      this.#openFiles++;
      this.#mostOpenFiles = Math.max(this.#mostOpenFiles, this.#openFiles);
      return this.#handle(file, inode);
    });
  }

  list(folder: string): Promise<string[]> {
    return this.#call('list', folder, () => this.#children(folder).map((name) => path.posix.basename(name)));
  }

  remove(file: string): Promise<void> {
    return this.#call('remove', file, () => {
      this.#inode(file, 'remove');
      this.#names.change(path.posix.dirname(file), new Map([[file, null]]));
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', from, () => {
      if (this.#names.get(from) === 'folder') {
        this.#renameFolder(from, to);
        return;
      }
      const inode = this.#inode(from, 'rename');
      if (this.#names.get(to) === 'folder') throw failure('EISDIR', 'rename', to);
      this.#needFolder('rename', to);
      if (from === to) return;
      const names = new Map<string, Inode | null>([
        [from, null],
        [to, inode],
      ]);
      this.#names.change(path.posix.dirname(to), names);
    });
  }

  #renameFolder(from: string, to: string): void {
    if (this.#names.get(to) !== undefined) throw failure('ENOTEMPTY', 'rename', to);
    this.#needFolder('rename', to);
    const names = new Map<string, Inode | 'folder' | null>();
    for (const [name, entry] of [...this.#names.entries()]) {
      if (name !== from && !name.startsWith(`${from}/`)) continue;
      // What it holds goes with it: a change in it that is not stored yet must not come up under the old name.
      if (entry === 'folder') this.#names.sync(name, Infinity);
      names.set(name, null);
      names.set(to + name.slice(from.length), entry);
    }
    this.#names.change(path.posix.dirname(to), names);
  }

  makeFolder(folder: string): Promise<void> {
    return this.#call('makeFolder', folder, () => {
      for (const each of withParents(folder)) {
        const entry = this.#names.get(each);
        if (entry === undefined) this.#names.change(path.posix.dirname(each), new Map([[each, 'folder']]));
        else if (entry !== 'folder') throw failure('EEXIST', 'makeFolder', each);
      }
    });
  }

  removeFolder(folder: string): Promise<void> {
    return this.#call('removeFolder', folder, () => {
      if (this.#names.get(folder) !== 'folder') this.#missing('removeFolder', folder);
      if (this.#children(folder).length > 0) throw failure('ENOTEMPTY', 'removeFolder', folder);
      this.#names.change(path.posix.dirname(folder), new Map([[folder, null]]));
    });
  }

  syncFolder(folder: string): Promise<void> {
    const { time } = this.#names;
    return this.#call('syncFolder', folder, () => {
      if (folder !== '/' && this.#names.get(folder) !== 'folder') this.#missing('syncFolder', folder);
      this.#names.sync(folder, time);
    });
  }

  #handle(file: string, inode: Inode): LogFile {
    let closed = false;
    const call = <T>(operation: Operation, action: () => T, fail?: (cause: Error) => void, tear?: () => void): Promise<T> => {
      if (closed) return Promise.reject(failure('EBADF', operation, file));
      return this.#call(operation, file, action, fail, tear);
    };
    return {
      read: (into, position) => call('read', () => inode.content.copy(into, 0, Math.min(position, inode.length))),
      write: (pieces, position) => {
        const bytes = Buffer.concat(pieces);
        const writePart = (): void => {
          inode.write(bytes.subarray(0, this.#random.below(bytes.length + 1)), position);
        };
        const writeAll = (): void => {
          const missing = this.usedBytes + Math.max(0, position + bytes.length - inode.length) - this.capacity;
          if (missing > 0) {
            inode.write(bytes.subarray(0, Math.max(0, bytes.length - missing)), position);
            throw failure('ENOSPC', 'write', file);
          }
          inode.write(bytes, position);
        };
        return call('write', writeAll, writePart, writePart);
      },
      datasync: () => {
        const { time } = inode;
        return call(
          'datasync',
          () => inode.sync(time),
          () => inode.forget(time, this.#random),
        );
      },
      truncate: (length) => call('truncate', () => inode.truncate(length)),
      size: () => call('size', () => inode.length),
      close: () => {
        const closing = call('close', () => {
          this.#openFiles--;
        });
        closed = true;
        return closing;
      },
    };
  }

  /** @param onFailure what a failed call has done; by default nothing @param tear what a call has done that a crash met; by default all */
  #call<T>(operation: Operation, name: string, action: () => T, onFailure?: (cause: Error) => void, tear?: () => void): Promise<T> {
    if (this.#dead) return new Promise<T>(() => undefined);
    return new Promise<T>((resolve, reject) => {
      const attempt = (): void => {
        try {
          action();
        } catch {
          // There is nobody to tell.
        }
      };
      this.#pending.push({
        operation,
        path: name,
        run: (cause) => {
          if (cause !== null) {
            this.#trace?.(cause.message);
            onFailure?.(cause);
            reject(cause);
            return;
          }
          try {
            const result = action();
            this.#trace?.(`${operation} ${name}`);
            resolve(result);
          } catch (error) {
            this.#trace?.(String(error));
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
        tear: tear ?? attempt,
      });
      if (this.#turning) return;
      this.#turning = true;
      setImmediate(() => this.#turn());
    });
  }

  #turn(): void {
    for (let left = this.#pending.length === 0 ? 0 : this.#random.between(1, this.#pending.length); left > 0; left--) {
      const [chosen] = this.#pending.splice(this.#random.below(this.#pending.length), 1);
      chosen?.run(this.#fault(chosen));
    }
    this.#turning = this.#pending.length > 0;
    if (this.#turning) setImmediate(() => this.#turn());
  }

  #fault({ operation, path: name }: Pending): Error | null {
    for (const each of this.#faults) {
      if (each.fault.operation !== operation || !name.includes(each.fault.path ?? '')) continue;
      if (each.after-- > 0 || each.times-- <= 0) continue;
      return failure(each.fault.code ?? 'EIO', operation, name);
    }
    const rate = this.errorRate[operation] ?? 0;
    return rate > 0 && this.#random.chance(rate) ? failure('EIO', operation, name) : null;
  }

  #children(folder: string): string[] {
    return [...this.#names.entries()].flatMap(([name]) => (path.posix.dirname(name) === folder ? [name] : []));
  }

  #inode(file: string, operation: Operation = 'open'): Inode {
    const entry = this.#names.get(file);
    if (entry === 'folder') throw failure('EISDIR', operation, file);
    return entry ?? this.#missing(operation, file);
  }

  #needFolder(operation: Operation, file: string): void {
    const folder = path.posix.dirname(file);
    if (folder !== '/' && this.#names.get(folder) !== 'folder') this.#missing(operation, file);
  }

  #missing(operation: Operation, name: string): never {
    throw failure('ENOENT', operation, name);
  }
}

function failure(code: string, operation: Operation, name: string): Error {
  return Object.assign(new Error(`${code}: ${operation} '${name}'`), { code });
}

/** The folders above this one, but the root, and itself. */
function withParents(folder: string): string[] {
  const folders: string[] = [];
  for (let each = folder; each !== '/' && each !== '.'; each = path.posix.dirname(each)) folders.unshift(each);
  return folders;
}
