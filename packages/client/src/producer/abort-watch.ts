import { NsqAbortError } from '../errors.js';
import type { Publish } from './publish.js';

/** Fails publishes when their signals are aborted, with one listener for each signal: many publishes may share one. */
export class AbortWatch {
  readonly #watched = new Map<AbortSignal, { readonly publishes: Set<Publish>; readonly onAbort: () => void }>();

  /** The signal must not be aborted yet. */
  add(publish: Publish, signal: AbortSignal): void {
    let watched = this.#watched.get(signal);
    if (watched === undefined) {
      const publishes = new Set<Publish>();
      const onAbort = (): void => {
        for (const each of publishes) each.fail(new NsqAbortError(signal.reason));
      };
      watched = { publishes, onAbort };
      this.#watched.set(signal, watched);
      signal.addEventListener('abort', onAbort, { once: true });
    }
    watched.publishes.add(publish);
    publish.onSettled = () => this.#remove(publish, signal);
  }

  #remove(publish: Publish, signal: AbortSignal): void {
    const watched = this.#watched.get(signal);
    if (watched === undefined) return;
    watched.publishes.delete(publish);
    if (watched.publishes.size > 0) return;
    signal.removeEventListener('abort', watched.onAbort);
    this.#watched.delete(signal);
  }
}
