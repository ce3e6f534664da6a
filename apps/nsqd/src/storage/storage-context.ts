import type { FileCache, LogFileSystem } from '@nsq/commit-log';
import type { Logger } from '@nsq/service';
import type { Health } from './health.js';

/** When a publish is stored: when it leaves memory, when it is published, or when it is published and on the disk. */
export type Durability = 'memory' | 'disk' | 'fsync';

/** What the storages of all topics share. */
export interface StorageContext {
  readonly fileSystem: LogFileSystem;
  readonly files: FileCache;
  /** The folder of all topics' folders. */
  readonly folder: string;
  readonly segmentBytes: number;
  readonly durability: Durability;
  /** Messages after which a log that is not synced with each publish is synced. */
  readonly syncEvery: number;
  readonly health: Health;
  readonly logger: Logger;
  /** What a publish has to wait for beside its own write, because it would be lost without; null for nothing. */
  readonly barrier: () => Promise<void> | null;
  /** Resolves when topics and channels are written down: a checkpoint must not know channels that a restart does not. @default they are */
  readonly recorded?: () => Promise<void>;
  /** Why that cannot be had at the moment, so that publishes are refused; null when it can. @default it always can */
  readonly refusal?: () => Error | null;
}
