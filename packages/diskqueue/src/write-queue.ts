import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { DataFileWriter } from './data-file-writer.js';
import { MIN_PAYLOAD_BYTES, type DiskMessage } from './disk-message.js';
import { DiskqueueError, systemError } from './diskqueue-error.js';
import { syncFolder, writeAtomically } from './durable.js';
import { findQueue, metadataFileName } from './queue-files.js';
import { formatQueueMetadata, type QueueMetadata } from './queue-metadata.js';
import { isValidName, type IsValidName } from './queue-name.js';

const MAX_PAYLOAD_BYTES = 2 ** 31 - 1;

export interface WriteQueueOptions {
  /**
   * `--max-bytes-per-file`: a message that would make a data file larger begins a new one, so a message larger than this has a file of
   * its own. Bytes, at least 0. The reference's default is 104857600.
   */
  readonly maxBytesPerFile: number;
  /** `--max-msg-size` of the daemon that will read the queue: it gives up a file at a larger body. Bytes, at least 0. */
  readonly maxMsgSize: number;
  /** The rule for topics and channels; the reference's unless given. */
  readonly isValid?: IsValidName;
}

type Batches = AsyncIterable<readonly DiskMessage[]> | Iterable<readonly DiskMessage[]>;

/**
 * Writes a queue as the reference leaves it at a clean stop, from file 0 on, and returns its metadata. Everything is synced; the data
 * files get their names when all are complete, and the metadata comes last. When it fails, nothing that it made is left. When the process
 * dies, temporary files are left, or, within the moment of renaming, data files without metadata.
 * @param name `<topic>` or `<topic>:<channel>`, see `formatQueueName`
 * @throws {DiskqueueError} `E_NAME`; `E_EXISTS` when the queue has data or metadata in `folder`; `E_MESSAGE` for a message above
 * `maxMsgSize`; `E_WRITE`. What `batches` throws passes through.
 * @throws {RangeError} for an option out of bounds
 */
export async function writeQueue(folder: string, name: string, batches: Batches, options: WriteQueueOptions): Promise<QueueMetadata> {
  const { maxBytesPerFile, maxMsgSize, isValid = isValidName } = options;
  checkBytes('maxBytesPerFile', maxBytesPerFile);
  checkBytes('maxMsgSize', maxMsgSize);
  await refuseExisting(folder, name, isValid);
  const writer = new DataFileWriter(folder, name, maxBytesPerFile);
  const metadataFile = path.join(folder, metadataFileName(name));
  let isPlaced = false;
  try {
    for await (const messages of batches) {
      checkSizes(messages, Math.min(MIN_PAYLOAD_BYTES + maxMsgSize, MAX_PAYLOAD_BYTES));
      await writing(folder, () => writer.write(messages));
    }
    await refuseExisting(folder, name, isValid); // it may have taken long
    const metadata: QueueMetadata = { depth: writer.depth, readFile: 0, readPos: 0, writeFile: writer.file, writePos: writer.pos };
    isPlaced = true;
    await writing(folder, () => writer.finish());
    await writing(folder, () => syncFolder(folder));
    await writing(metadataFile, () => writeAtomically(metadataFile, formatQueueMetadata(metadata)));
    return metadata;
  } catch (error) {
    if (isPlaced) await unlink(metadataFile).catch(() => undefined);
    await writer.discard();
    throw error;
  }
}

async function refuseExisting(folder: string, name: string, isValid: IsValidName): Promise<void> {
  const { dataFiles, metadataFile } = await findQueue(folder, name, isValid);
  const existing = metadataFile ?? dataFiles[0]?.name;
  if (existing !== undefined) throw new DiskqueueError('E_EXISTS', 'the queue has files', { file: path.join(folder, existing) });
}

function checkSizes(messages: readonly DiskMessage[], max: number): void {
  const wrong = messages.find(({ payload }) => payload.length > max);
  if (wrong === undefined) return;
  const reason = `invalid message write size (${wrong.payload.length}) minMsgSize=${MIN_PAYLOAD_BYTES} maxMsgSize=${max}`;
  throw new DiskqueueError('E_MESSAGE', reason);
}

async function writing(file: string, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    throw systemError('E_WRITE', file, error);
  }
}

function checkBytes(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${option} must be at least 0 bytes, got ${value}`);
}
