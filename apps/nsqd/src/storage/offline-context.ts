import path from 'node:path';
import { FileCache, type LogFileSystem } from '@nsq/commit-log';
import type { Logger } from '@nsq/service';
import { Health } from './health.js';
import type { StorageContext } from './storage-context.js';

/** As nsqd's own default. Bytes. */
export const DEFAULT_MAX_BYTES_PER_FILE = 104_857_600;

/** For work on a data folder that no daemon runs on. */
export function offlineContext(
  dataPath: string,
  fileSystem: LogFileSystem,
  logger: Logger,
  segmentBytes = DEFAULT_MAX_BYTES_PER_FILE,
): StorageContext {
  return {
    fileSystem,
    files: new FileCache(),
    folder: path.join(dataPath, 'topics'),
    segmentBytes,
    durability: 'disk',
    syncEvery: 0,
    health: new Health(),
    logger,
    barrier: () => null,
  };
}
