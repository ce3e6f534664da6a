import type { LogReader } from '@nsq/commit-log';
import type { Logger } from '@nsq/service';
import { Batch } from '../queue/batch.js';
import type { LogCursor } from '../queue/topic-log.js';
import { decodeRecord } from './record.js';
import type { Segments } from './segments.js';

/** What a reader of a topic's log hands out, as batches. Deferred messages lie in between; their channels have them in memory. */
export class LogBatches implements LogCursor {
  readonly #reader: LogReader;
  readonly #segments: Segments;
  readonly #logger: Logger;

  constructor(reader: LogReader, segments: Segments, logger: Logger) {
    this.#reader = reader;
    this.#segments = segments;
    this.#logger = logger;
  }

  next(done: (error: Error | null, batches: readonly Batch[]) => void): void {
    this.#read().then(
      (batches) => done(null, batches),
      (error: unknown) => {
        const failure = error instanceof Error ? error : new Error(String(error));
        this.#logger.error(`STORAGE: failed to read - ${failure.message}`);
        done(failure, []);
      },
    );
  }

  async #read(): Promise<Batch[]> {
    for (;;) {
      const records = await this.#reader.next();
      if (records === null) return [];
      const batches: Batch[] = [];
      for (const { sequence, count, payload, segment } of records) {
        if (count === 0) continue;
        const record = decodeRecord(sequence, count, payload);
        if (!(record instanceof Batch)) continue;
        record.segment = this.#segments.use(segment);
        batches.push(record);
      }
      if (batches.length > 0) return batches;
    }
  }

  close(): void {
    this.#reader.close();
  }
}
