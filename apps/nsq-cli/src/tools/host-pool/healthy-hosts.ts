import type { HostPool } from './host-pool.js';

const FIRST_RETRY_MS = 30_000;
const MAX_RETRY_MS = 900_000;

interface Host {
  dead: boolean;
  retryDelay: number;
  retryAt: number;
}

/**
 * In turn, without the dead. A failure makes a host dead for 30 s; then it is tried once, with twice the delay until the next try, 15 minutes at most. A
 * success revives it. When all are dead, all are revived.
 */
export class HealthyHosts implements HostPool {
  readonly #hosts: readonly Host[];
  readonly #now: () => number;
  #next = 0;

  /** @param now milliseconds that never go back */
  constructor(count: number, now: () => number = () => performance.now()) {
    this.#hosts = Array.from({ length: count }, () => ({ dead: false, retryDelay: 0, retryAt: 0 }));
    this.#now = now;
  }

  next(): number {
    const count = this.#hosts.length;
    const now = this.#now();
    for (let i = 0; i < count; i++) {
      const index = (this.#next + i) % count;
      if (!this.#usable(index, now)) continue;
      this.take(index);
      this.#next = index + 1;
      return index;
    }
    for (const host of this.#hosts) host.dead = false;
    this.#next = 0;
    return 0;
  }

  usable(index: number): boolean {
    return this.#usable(index, this.#now());
  }

  /** It is going to be used: a dead one gets its next try later. */
  take(index: number): void {
    const host = this.#hosts[index];
    if (host?.dead !== true) return;
    host.retryDelay = Math.min(MAX_RETRY_MS, host.retryDelay * 2);
    host.retryAt = this.#now() + host.retryDelay;
  }

  succeeded(index: number): void {
    const host = this.#hosts[index];
    if (host !== undefined) host.dead = false;
  }

  failed(index: number): void {
    const host = this.#hosts[index];
    if (host === undefined || host.dead) return;
    host.dead = true;
    host.retryDelay = FIRST_RETRY_MS;
    host.retryAt = this.#now() + FIRST_RETRY_MS;
  }

  #usable(index: number, now: number): boolean {
    const host = this.#hosts[index];
    return host !== undefined && (!host.dead || host.retryAt < now);
  }
}
