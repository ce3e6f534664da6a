import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@nsq/service';
import type { Engine } from './queue/engine.js';

/** Looks at what is due every `interval` milliseconds: timeouts of messages in flight, ends of deferrals. */
export class QueueScanLoop {
  readonly #engine: Engine;
  readonly #interval: number;
  readonly #logger: Logger;

  constructor(engine: Engine, interval: number, logger: Logger) {
    this.#engine = engine;
    this.#interval = interval;
    this.#logger = logger;
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await sleep(this.#interval, undefined, { signal });
        while (this.#engine.scan()) await nextTurn(undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#logger.info('QUEUESCAN: closing');
    }
  }
}
