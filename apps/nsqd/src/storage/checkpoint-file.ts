import path from 'node:path';
import type { LogFileSystem } from '@nsq/commit-log';
import { CheckpointError, decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.js';

const FILE = 'checkpoint';

/** Reads a topic's checkpoint; undefined when there is none. @throws {CheckpointError} when it is damaged; the file stays as it is */
export async function readCheckpoint(fileSystem: LogFileSystem, folder: string): Promise<Checkpoint | undefined> {
  if (!(await fileSystem.list(folder)).includes(FILE)) return undefined;
  const file = path.join(folder, FILE);
  const handle = await fileSystem.open(file, 'readwrite');
  try {
    const bytes = Buffer.alloc(await handle.size());
    for (let at = 0; at < bytes.length;) {
      const read = await handle.read(bytes.subarray(at), at);
      if (read === 0) throw new CheckpointError(`${file} is damaged: it ends too early`);
      at += read;
    }
    return decodeCheckpoint(bytes);
  } catch (error) {
    throw error instanceof CheckpointError ? new CheckpointError(`${file} is damaged: ${error.message}`, { cause: error }) : error;
  } finally {
    await handle.close();
  }
}

/** Replaces a topic's checkpoint. Durable once resolved; until then the old one stands. */
export async function writeCheckpoint(fileSystem: LogFileSystem, folder: string, checkpoint: Checkpoint): Promise<void> {
  const temporary = path.join(folder, `${FILE}.tmp`);
  const handle = await fileSystem.open(temporary, 'create');
  try {
    await handle.truncate(0);
    await handle.write([encodeCheckpoint(checkpoint)], 0);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await fileSystem.rename(temporary, path.join(folder, FILE));
  await fileSystem.syncFolder(folder);
}
