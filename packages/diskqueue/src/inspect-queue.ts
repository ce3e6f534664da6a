import type { QueueFiles } from './queue-files.js';
import { loadQueueMetadata, type LoadedQueueMetadata } from './queue-metadata.js';
import type { QueueProblem } from './queue-problem.js';
import { scanQueue, sizeOf, type ReadQueueOptions } from './read-queue.js';

export interface InspectedFile {
  readonly name: string;
  readonly bytes: number;
  /** How many messages `readQueue` hands out of it. */
  readonly messages: number;
}

export interface QueueReport {
  readonly name: string;
  readonly topic: string;
  readonly channel: string | undefined;
  readonly metadata: LoadedQueueMetadata;
  readonly files: readonly InspectedFile[];
  readonly badFiles: readonly string[];
  readonly temporaryFiles: readonly string[];
  /** The depth that the metadata states. */
  readonly statedDepth: number | undefined;
  /** How many messages `readQueue` hands out. */
  readonly messages: number;
  /** The sum of their bodies. */
  readonly bodyBytes: number;
  readonly problems: readonly QueueProblem[];
}

/**
 * Reads a queue without keeping anything of it but the numbers. The list of problems grows with the number of files, not with their size.
 * @throws {DiskqueueError} `E_READ` as `readQueue`
 */
export async function inspectQueue(queue: QueueFiles, options: Omit<ReadQueueOptions, 'onProblem'> = {}): Promise<QueueReport> {
  const problems: QueueProblem[] = [];
  const metadata = await loadQueueMetadata(queue);
  const counts = new Map<string, number>();
  let bodyBytes = 0;
  for await (const { file, messages } of scanQueue(queue, metadata, { ...options, onProblem: (problem) => problems.push(problem) })) {
    counts.set(file.name, (counts.get(file.name) ?? 0) + messages.length);
    for (const message of messages) bodyBytes += message.body.length;
  }
  const files: InspectedFile[] = [];
  for (const { name } of queue.dataFiles) {
    files.push({ name, bytes: await sizeOf(queue.folder, name), messages: counts.get(name) ?? 0 });
  }
  return {
    name: queue.name,
    topic: queue.topic,
    channel: queue.channel,
    metadata,
    files,
    badFiles: queue.badFiles,
    temporaryFiles: queue.temporaryFiles,
    statedDepth: metadata.state === 'ok' ? metadata.value.depth : undefined,
    messages: [...counts.values()].reduce((sum, count) => sum + count, 0),
    bodyBytes,
    problems,
  };
}
