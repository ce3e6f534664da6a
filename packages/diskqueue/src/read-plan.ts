import { dataFileName, type DataFile, type QueueFiles } from './queue-files.js';
import type { LoadedQueueMetadata, QueueMetadata } from './queue-metadata.js';
import type { ProblemDetails } from './queue-problem.js';

/** What of a queue is read, from where, and what the metadata says about it. */
export interface ReadPlan {
  /** In the order of reading. */
  readonly files: readonly DataFile[];
  /** Where reading begins in the first file, if that has the number `firstNumber`. */
  readonly firstNumber: number;
  readonly firstOffset: number;
  /** `undefined` when it is missing, unreadable or not to be used. */
  readonly metadata: QueueMetadata | undefined;
  /** Files below the read position. */
  readonly leftOver: readonly DataFile[];
  readonly crossed: boolean;
  readonly problems: readonly ProblemDetails[];
}

/**
 * One rule: from the read position to the last byte that is stored. The write position only tells what to expect. The reference does the
 * same within its write file; beyond that file, and without metadata, it loses what is stored.
 */
export function planReading(queue: QueueFiles, loaded: LoadedQueueMetadata, ignoreMetadata: boolean): ReadPlan {
  const numbered = queue.dataFiles;
  const metadata = loaded.state === 'ok' && !ignoreMetadata ? loaded.value : undefined;
  if (metadata === undefined) {
    const first = numbered[0]?.number ?? 0;
    const problems = [...withoutMetadata(queue, loaded), ...missing(queue.name, numbered, first, numbered.at(-1)?.number ?? -1)];
    return { files: numbered, firstNumber: first, firstOffset: 0, metadata, leftOver: [], crossed: false, problems };
  }

  const { readFile, readPos, writeFile, writePos } = metadata;
  const files = numbered.filter((file) => file.number >= readFile);
  const crossed = readFile > writeFile || (readFile === writeFile && readPos > writePos);
  const problems: ProblemDetails[] = [];
  if (crossed) {
    problems.push({
      code: 'positions-crossed',
      ...inMetadata(queue),
      loss: true,
      message: `says read position ${readFile},${readPos} behind write position ${writeFile},${writePos}; only what is stored from the read position on is read`,
    });
  }
  // The write file exists as soon as something is written to it, and is of no use once all of it is read.
  const isFullyRead = readFile === writeFile && readPos === writePos;
  const lastNeeded = writePos > 0 && !isFullyRead ? writeFile : writeFile - 1;
  problems.push(...missing(queue.name, files, readFile, Math.max(lastNeeded, files.at(-1)?.number ?? -1)));
  const leftOver = numbered.filter((file) => file.number < readFile);
  return { files, firstNumber: readFile, firstOffset: readPos, metadata, leftOver, crossed, problems };
}

function withoutMetadata(queue: QueueFiles, loaded: LoadedQueueMetadata): ProblemDetails[] {
  if (loaded.state === 'ok') return [];
  if (loaded.state === 'unreadable') {
    const message = `is not queue metadata: ${JSON.stringify(loaded.text.slice(0, 64))}; all data files are read from their beginning`;
    return [{ code: 'metadata-unreadable', ...inMetadata(queue), loss: false, message }];
  }
  if (queue.dataFiles.length === 0) return [];
  return [{ code: 'metadata-missing', loss: false, message: 'has no metadata; all data files are read from their beginning' }];
}

/** One problem for each run of missing numbers from `first` to `last`. */
function missing(queue: string, files: readonly DataFile[], first: number, last: number): ProblemDetails[] {
  const problems: ProblemDetails[] = [];
  let expected = first;
  for (const number of [...files.map((file) => file.number), last + 1]) {
    if (number > expected) {
      const more = number - expected - 1;
      const message = more === 0 ? 'is missing' : `is missing, with the ${more} after it`;
      problems.push({ code: 'file-missing', file: dataFileName(queue, expected), loss: true, message });
    }
    expected = Math.max(expected, number + 1);
  }
  return problems;
}

function inMetadata(queue: QueueFiles): { file?: string } {
  return queue.metadataFile === undefined ? {} : { file: queue.metadataFile };
}
