import { access } from 'node:fs/promises';
import path from 'node:path';
import type { LogLevel } from '@nsq/options';
import { reasonOf } from '../tool.js';
import { type FileNaming, withRevision } from './file-naming.js';
import { isCode, makeFolderOf, moveExclusively, syncFolderOf } from './folders.js';
import { OutputFile } from './output-file.js';
import { rotationReason, type RotationRules } from './rotation.js';

export interface SeriesOptions {
  /** Where files are while they are written; the same as `outputDir` for in place. */
  readonly workDir: string;
  readonly outputDir: string;
  /** Null for no compression. */
  readonly gzipLevel: number | null;
  readonly rotation: RotationRules;
}

export type Log = (level: LogLevel, text: string) => void;

/** The files of one topic, one after the other. */
export class FileSeries {
  readonly #naming: FileNaming;
  readonly #options: SeriesOptions;
  readonly #log: Log;
  #file: OutputFile | null = null;
  #name = '';
  #revision = 0;
  #openedAt = 0;

  constructor(naming: FileNaming, options: SeriesOptions, log: Log) {
    this.#naming = naming;
    this.#options = options;
    this.#log = log;
  }

  /** Whether the next record belongs into another file. */
  get needsRotation(): boolean {
    if (this.#file === null) return true;
    const state = { name: this.#name, bytes: this.#file.bytes, age: performance.now() - this.#openedAt };
    const reason = rotationReason(state, this.#naming.current(Date.now()), this.#options.rotation);
    if (reason !== null) this.#log('info', reason);
    return reason !== null;
  }

  /** Closes the file and opens the next one. @throws {Error} that says what could not be done */
  async rotate(): Promise<void> {
    await this.close();
    const name = this.#naming.current(Date.now());
    this.#revision = name === this.#name ? this.#revision + 1 : 0;
    this.#name = name;
    this.#openedAt = performance.now();
    while ((this.#file = await this.#open()) === null) this.#revision++;
  }

  /** @throws {Error} */
  async append(record: Buffer): Promise<void> {
    await this.#do('writing message to disk', (file) => file.append(record));
  }

  /** @throws {Error} */
  async flush(): Promise<void> {
    await this.#do('writing message to disk', (file) => file.flush());
  }

  /** @throws {Error} */
  async sync(): Promise<void> {
    await this.#do('failed to fsync output file', (file) => file.sync());
  }

  /** Syncs and closes the file, and moves it to where it belongs. @throws {Error} */
  async close(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    await this.#do('failed to close output file', () => file.close());
    this.#file = null;
    if (this.#moves) await this.#move(file.path);
  }

  /** After a failure. */
  async abandon(): Promise<void> {
    await this.#file?.abandon();
    this.#file = null;
  }

  get #moves(): boolean {
    return this.#options.workDir !== this.#options.outputDir;
  }

  async #do(what: string, act: (file: OutputFile) => Promise<void>): Promise<void> {
    if (this.#file === null) return;
    try {
      await act(this.#file);
    } catch (error) {
      throw new Error(`${what}: ${this.#file.path}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** @returns null when this revision cannot be used */
  async #open(): Promise<OutputFile | null> {
    const { workDir, outputDir, rotation, gzipLevel } = this.#options;
    const name = withRevision(this.#name, this.#revision);
    const working = path.join(workDir, name);
    const finished = path.join(outputDir, name);
    if (this.#moves && (await attempt(`look for ${finished}`, exists(finished)))) {
      this.#log('warn', `output file already exists: ${finished}`);
      return null;
    }
    await attempt(`make the folder of ${working}`, makeFolderOf(working));
    let file: OutputFile;
    try {
      file = await OutputFile.open(working, { gzipLevel, exclusive: gzipLevel !== null || rotation.interval > 0 });
      await syncFolderOf(working);
    } catch (error) {
      if (isCode(error, 'EEXIST')) {
        this.#log('warn', `working file already exists: ${working}`);
        return null;
      }
      throw new Error(`unable to open ${working}: ${reasonOf(error)}`, { cause: error });
    }
    this.#log('info', `opening ${working}`);
    if (rotation.size === 0 || file.bytes <= rotation.size) return file;
    this.#log('info', `${working} currently ${file.bytes} bytes (> ${rotation.size}), rotating...`);
    await file.close();
    return null;
  }

  async #move(from: string): Promise<void> {
    const { outputDir } = this.#options;
    for (let revision = this.#revision; ; revision++) {
      const to = path.join(outputDir, withRevision(this.#name, revision));
      this.#log('info', `moving finished file ${from} to ${to}`);
      try {
        await makeFolderOf(to);
        if (await moveExclusively(from, to)) {
          if (revision !== this.#revision) this.#log('info', `renamed finished file ${from} to ${to} to avoid overwrite`);
          return;
        }
      } catch (error) {
        const hint = isCode(error, 'EXDEV') ? '; --work-dir and --output-dir must be on one file system' : '';
        throw new Error(`unable to move finished file ${from} to ${to}: ${reasonOf(error)}${hint}`, { cause: error });
      }
      this.#log('warn', `destination file already exists: ${to}`);
    }
  }
}

async function attempt<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new Error(`unable to ${what}: ${reasonOf(error)}`, { cause: error });
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}
