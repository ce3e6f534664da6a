import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicStore } from './topic-store.js';

/** Writes down where topics and channels stand every `interval` milliseconds, and frees what nobody needs any more. */
export class StorageLoop {
  readonly #store: TopicStore;
  readonly #interval: number;

  constructor(store: TopicStore, interval: number) {
    this.#store = store;
    this.#interval = interval;
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await sleep(this.#interval, undefined, { signal });
        await this.#store.checkpoint();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
