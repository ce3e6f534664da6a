import path from 'node:path';
import type { LogFileSystem } from '@nsq/commit-log';

/** Removes a topic's folder with the files in it; does nothing when there is none. */
export async function removeFolder(fileSystem: LogFileSystem, folder: string): Promise<void> {
  for (const name of await fileSystem.list(folder)) await fileSystem.remove(path.join(folder, name));
  await fileSystem.removeFolder(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}
