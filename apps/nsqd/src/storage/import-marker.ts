import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { LogFileSystem } from '@nsq/commit-log';
import type { QueueFiles } from '@nsq/diskqueue';

const FILE = 'imported.json';

/** A file of the reference, and what tells it from a later one of the same name. */
export interface ImportedFile {
  readonly name: string;
  readonly size: string;
  /** Nanoseconds since the Unix epoch. */
  readonly modified: string;
}

/** The files of a queue as they are now. */
export async function describeFiles(queue: QueueFiles): Promise<ImportedFile[]> {
  const { folder, dataFiles, metadataFile, badFiles, temporaryFiles } = queue;
  const names = [...dataFiles.map(({ name }) => name), ...badFiles, ...temporaryFiles];
  if (metadataFile !== undefined) names.push(metadataFile);
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeNs } = await stat(path.join(folder, name), { bigint: true });
      return { name, size: String(size), modified: String(mtimeNs) };
    }),
  );
}

/**
 * The list, in a topic's folder, of the files of the reference whose messages the folder holds. It is there from the moment when these messages
 * are stored until the files are moved away: a start in between must not import them again.
 */
export async function writeMarker(fileSystem: LogFileSystem, folder: string, files: readonly ImportedFile[]): Promise<void> {
  const handle = await fileSystem.open(path.join(folder, FILE), 'create');
  try {
    await handle.write([Buffer.from(JSON.stringify(files))], 0);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await fileSystem.syncFolder(folder);
}

/** Whether a file of the reference is as the list says, by name. */
export async function readMarker(fileSystem: LogFileSystem, folder: string): Promise<ReadonlyMap<string, ImportedFile> | undefined> {
  if (!(await fileSystem.list(folder)).includes(FILE)) return undefined;
  const handle = await fileSystem.open(path.join(folder, FILE), 'readwrite');
  try {
    const bytes = Buffer.alloc(await handle.size());
    await handle.read(bytes, 0);
    return new Map((JSON.parse(bytes.toString()) as ImportedFile[]).map((file) => [file.name, file]));
  } finally {
    await handle.close();
  }
}

export async function removeMarker(fileSystem: LogFileSystem, folder: string): Promise<void> {
  await fileSystem.remove(path.join(folder, FILE));
  await fileSystem.syncFolder(folder);
}

/** Whether a queue is as it was when it was imported. */
export function isImported(files: readonly ImportedFile[], marker: ReadonlyMap<string, ImportedFile>): boolean {
  return files.every(({ name, size, modified }) => marker.get(name)?.size === size && marker.get(name)?.modified === modified);
}
