import { LogError } from './log-error.js';
import type { LogFile, LogFileSystem } from './file-system.js';

export interface FileCacheOptions {
  /** How many files may be open at once, at least 1. @default 512 */
  readonly maxOpen?: number;
  /** A file that nobody used for this long, up to twice as long, is closed. Milliseconds; `Infinity` keeps it open. @default 30_000 */
  readonly idleMs?: number;
}

/**
 * Keeps the number of open files down: logs share one, so that thousands of them fit into a small `ulimit -n`. A file is opened when it is
 * first used; when too many are open, the one that was not used for longest is closed, and when all are in use, the next use waits.
 */
export class FileCache {
  readonly #maxOpen: number;
  readonly #idleMs: number;
  /** Slots taken: files open, being opened or being closed, and folders being synced. */
  #taken = 0;
  /** Open and unused, the longest unused first. */
  readonly #idle = new Set<CachedFile>();
  #waiting: (() => void)[] = [];
  #waitingHead = 0;
  #timer: NodeJS.Timeout | null = null;
  #tick = 0;

  constructor(options: FileCacheOptions = {}) {
    this.#maxOpen = options.maxOpen ?? 512;
    this.#idleMs = options.idleMs ?? 30_000;
    if (!(this.#maxOpen >= 1)) throw new LogError('E_ARGUMENT', `maxOpen ${this.#maxOpen}, at least 1`);
    if (!(this.#idleMs > 0)) throw new LogError('E_ARGUMENT', `idleMs ${this.#idleMs}, more than 0`);
  }

  /** Files open now. */
  get open(): number {
    return this.#taken;
  }

  /** @internal */
  get tick(): number {
    return this.#tick;
  }

  /** @internal Runs something that opens a file for its own duration. */
  async during<T>(action: () => Promise<T>): Promise<T> {
    await this.take();
    try {
      return await action();
    } finally {
      this.give();
    }
  }

  /** @internal Takes a slot, closing an idle file or waiting when there is none. */
  async take(): Promise<void> {
    if (this.#taken < this.#maxOpen) {
      this.#taken++;
      return;
    }
    const [oldest] = this.#idle;
    if (oldest !== undefined) {
      this.#idle.delete(oldest);
      await oldest.closeHandle();
      return; // its slot is ours
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** @internal Gives a slot back. */
  give(): void {
    const next = this.#waiting[this.#waitingHead];
    if (next === undefined) {
      this.#taken--;
      return;
    }
    this.#waitingHead++;
    if (this.#waitingHead === this.#waiting.length) {
      this.#waiting = [];
      this.#waitingHead = 0;
    } else if (this.#waitingHead > 1024 && this.#waitingHead * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#waitingHead);
      this.#waitingHead = 0;
    }
    next();
  }

  /** @internal */
  used(file: CachedFile): void {
    this.#idle.delete(file);
  }

  /** @internal The open file has no user any more. */
  unused(file: CachedFile): void {
    if (this.#waiting.length > 0) {
      void file.closeHandle().then(() => this.give());
      return;
    }
    this.#idle.add(file);
    if (this.#timer === null && this.#idleMs !== Infinity) this.#timer = setTimeout(() => this.#sweep(), this.#idleMs).unref();
  }

  #sweep(): void {
    this.#timer = null;
    for (const file of this.#idle) {
      if (file.lastTick === this.#tick) continue;
      this.#idle.delete(file);
      void file.closeHandle().then(() => this.give());
    }
    this.#tick++;
    if (this.#idle.size > 0) this.#timer = setTimeout(() => this.#sweep(), this.#idleMs).unref();
  }
}

/** @internal One file, which is open only while the cache lets it be. */
export class CachedFile {
  readonly #fileSystem: LogFileSystem;
  readonly #cache: FileCache;
  #path: string;
  #handle: LogFile | null = null;
  #opening: Promise<LogFile> | null = null;
  #moving: Promise<void> | null = null;
  #closingHandle: Promise<void> | null = null;
  #users = 0;
  #closed = false;
  #onUnused: (() => void) | null = null;
  lastTick = 0;

  constructor(fileSystem: LogFileSystem, cache: FileCache, path: string) {
    this.#fileSystem = fileSystem;
    this.#cache = cache;
    this.#path = path;
  }

  get path(): string {
    return this.#path;
  }

  /** Opens the file if need be; it stays open until `action` is done. Use no other file inside of `action`: both could wait for a slot. */
  async use<T>(action: (file: LogFile) => Promise<T>, mode: 'create' | 'readwrite' = 'readwrite'): Promise<T> {
    if (this.#closed) throw new LogError('E_CLOSED', this.#path);
    if (this.#users++ === 0 && this.#handle !== null) this.#cache.used(this);
    try {
      return await action(this.#handle ?? (await this.#open(mode)));
    } finally {
      if (--this.#users === 0) this.#unused();
    }
  }

  /** Renames the file; who uses it meanwhile does not notice. */
  async move(to: string): Promise<void> {
    for (let busy = this.#busy(); busy !== null; busy = this.#busy()) await busy;
    const moving = this.#fileSystem.rename(this.#path, to).then(() => {
      this.#path = to;
    });
    this.#moving = moving.then(
      () => undefined,
      () => undefined,
    );
    try {
      await moving;
    } finally {
      this.#moving = null;
    }
  }

  /** Waits for the users, closes the file and refuses later ones. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#onUnused = resolve));
    await this.#closingHandle;
    if (this.#handle === null) return;
    this.#cache.used(this);
    await this.closeHandle();
    this.#cache.give();
  }

  /** For the cache: the handle goes, its slot stays taken. What a close reports is of no use: `datasync` has told about the data. */
  closeHandle(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    this.#closingHandle = handle?.close().catch(() => undefined) ?? Promise.resolve();
    return this.#closingHandle;
  }

  #busy(): Promise<unknown> | null {
    return this.#moving ?? this.#opening?.catch(() => undefined) ?? null;
  }

  #unused(): void {
    if (this.#closed) this.#onUnused?.();
    else if (this.#handle !== null) {
      this.lastTick = this.#cache.tick;
      this.#cache.unused(this);
    }
  }

  #open(mode: 'create' | 'readwrite'): Promise<LogFile> {
    this.#opening ??= this.#openNow(mode).finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #openNow(mode: 'create' | 'readwrite'): Promise<LogFile> {
    await this.#cache.take();
    try {
      while (this.#moving !== null) await this.#moving;
      return (this.#handle = await this.#fileSystem.open(this.#path, mode));
    } catch (error) {
      this.#cache.give();
      throw error;
    }
  }
}
