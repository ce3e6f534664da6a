import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicStore } from './topic-store.js';

/** The longest wait that a timer of Node takes, milliseconds. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** Writes down where topics and channels stand every `interval` milliseconds, and frees what nobody needs any more. */
export class StorageLoop {
  readonly #store: TopicStore;
  readonly #interval: number;

  constructor(store: TopicStore, interval: number) {
    this.#store = store;
    this.#interval = Math.min(interval, MAX_WAIT_MS);
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
