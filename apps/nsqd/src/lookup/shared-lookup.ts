import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Callback = Parameters<LookupFunction>[2];

/**
 * Resolves names for connections, each name once at a time: who asks meanwhile gets the same answer. Node asks the system, which may take
 * many seconds when a name server is away and cannot be told to stop; attempts that time out earlier would pile up questions.
 */
export class SharedLookup {
  readonly #resolve: LookupFunction;
  readonly #waiting = new Map<string, Callback[]>();

  constructor(resolve: LookupFunction = lookup) {
    this.#resolve = resolve;
  }

  /** The option `lookup` of a connection. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const key = `${hostname} ${JSON.stringify(options)}`;
    const others = this.#waiting.get(key);
    if (others !== undefined) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    this.#waiting.set(key, callbacks);
    this.#resolve(hostname, options, (...answer) => {
      this.#waiting.delete(key);
      for (const each of callbacks) each(...answer);
    });
  };
}
