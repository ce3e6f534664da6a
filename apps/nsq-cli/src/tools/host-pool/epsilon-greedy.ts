import { HealthyHosts } from './healthy-hosts.js';
import type { HostPool } from './host-pool.js';
import { ResponseTimes } from './response-times.js';

const FIRST_EPSILON = 0.3;
const EPSILON_DECAY = 0.9;
const MIN_EPSILON = 0.01;
/** Clocks can show no time at all; an average of 0 means that there is none. */
const SHORTEST_MS = 0.001;

/** Mostly at random, fast hosts more often; with a probability that sinks from 30 % to 1 %, in turn, so that all are measured. Never the dead. */
export class EpsilonGreedy implements HostPool {
  readonly #hosts: HealthyHosts;
  readonly #times: readonly ResponseTimes[];
  readonly #now: () => number;
  readonly #random: () => number;
  #epsilon = FIRST_EPSILON;

  constructor(count: number, now: () => number = () => performance.now(), random: () => number = Math.random) {
    this.#hosts = new HealthyHosts(count, now);
    this.#times = Array.from({ length: count }, () => new ResponseTimes(now()));
    this.#now = now;
    this.#random = random;
  }

  next(): number {
    if (this.#random() < this.#epsilon) {
      this.#epsilon = Math.max(MIN_EPSILON, this.#epsilon * EPSILON_DECAY);
      return this.#hosts.next();
    }
    const index = this.#weighted();
    if (index === null) return this.#hosts.next();
    this.#hosts.take(index);
    return index;
  }

  succeeded(index: number, ms: number): void {
    this.#hosts.succeeded(index);
    this.#times[index]?.add(Math.max(SHORTEST_MS, ms), this.#now());
  }

  failed(index: number): void {
    this.#hosts.failed(index);
  }

  /** One that has been measured and is usable; null when there is none. */
  #weighted(): number | null {
    const now = this.#now();
    const candidates: { readonly index: number; readonly weight: number }[] = [];
    let sum = 0;
    this.#times.forEach((times, index) => {
      const average = this.#hosts.usable(index) ? times.weighted(now) : 0;
      if (average <= 0) return;
      candidates.push({ index, weight: 1 / average });
      sum += 1 / average;
    });
    let point = this.#random() * sum;
    for (const { index, weight } of candidates) {
      point -= weight;
      if (point <= 0) return index;
    }
    return candidates.at(-1)?.index ?? null;
  }
}
