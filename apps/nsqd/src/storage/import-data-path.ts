import { hostname } from 'node:os';
import { nodeFileSystem } from '@nsq/commit-log';
import { loadMetadata } from '@nsq/metadata';
import { isValidName, MessageIdSource } from '@nsq/protocol';
import { Logger } from '@nsq/service';
import { nodeIdOf } from '../options.js';
import { lockDataPath } from './data-path-lock.js';
import { importFolder } from './import-folder.js';
import { DEFAULT_MAX_BYTES_PER_FILE, offlineContext } from './offline-context.js';

export interface ImportOptions {
  /** A data folder of the reference. */
  readonly dataPath: string;
  /** `--max-bytes-per-file` of the daemon that will use it. Bytes. @default 104857600 */
  readonly maxBytesPerFile?: number;
  /** Bytes of the largest body that is expected; larger ones are imported too, and reported. @default 1048576 */
  readonly maxMsgSize?: number;
  /** Told what is done, and what was damaged. @default a logger on standard error */
  readonly logger?: Logger;
}

/**
 * Takes the queue files of the reference over, as nsqd does at its first start on the folder; the files move to its subfolder `imported`. It may be
 * ended at any moment: the next import, or the next start, goes on. Does nothing where there is nothing to take over.
 * @throws {Error} `failed to lock data-path: …` a daemon runs on the folder
 * @throws {MetadataError} `nsqd.dat` cannot be read
 * @throws when something else cannot be read or written: nothing is lost then
 */
export async function importDataPath(options: ImportOptions): Promise<void> {
  const { dataPath, maxMsgSize, maxBytesPerFile = DEFAULT_MAX_BYTES_PER_FILE, logger = new Logger() } = options;
  const lock = lockDataPath(dataPath);
  try {
    const { topics, warnings } = await loadMetadata(dataPath, isValidName);
    for (const warning of warnings) logger.warn(warning);
    const ids = new MessageIdSource(nodeIdOf(hostname()), Date.now);
    const context = offlineContext(dataPath, nodeFileSystem, logger, maxBytesPerFile);
    const newId = (): { idHi: number; idLo: number } => {
      ids.take(1);
      return { idHi: ids.hi, idLo: ids.lo };
    };
    await importFolder(context, dataPath, topics, { newId, maxMsgSize });
  } finally {
    lock.release();
  }
}
