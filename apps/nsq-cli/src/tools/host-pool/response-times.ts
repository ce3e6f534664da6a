const BUCKETS = 120;
const BUCKET_MS = 2_500;

/** How long a host takes, over the last five minutes in buckets of 2.5 s: newer ones count more, one without a measurement counts as the one before it. */
export class ResponseTimes {
  readonly #sums = new Float64Array(BUCKETS);
  readonly #counts = new Uint32Array(BUCKETS);
  #bucket: number; // number of the current one, since time began

  constructor(now: number) {
    this.#bucket = Math.floor(now / BUCKET_MS);
  }

  add(ms: number, now: number): void {
    this.#advance(now);
    const slot = this.#bucket % BUCKETS;
    this.#sums[slot] = (this.#sums[slot] ?? 0) + ms;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  /** A weight that grows with the time it takes, for comparing hosts; 0 without measurements. */
  weighted(now: number): number {
    this.#advance(now);
    let value = 0;
    let last = 0;
    for (let i = 1; i <= BUCKETS; i++) {
      const slot = (this.#bucket + i) % BUCKETS;
      const count = this.#counts[slot] ?? 0;
      if (count > 0) last = (this.#sums[slot] ?? 0) / count;
      value += (last * i) / BUCKETS;
    }
    return value;
  }

  #advance(now: number): void {
    const bucket = Math.floor(now / BUCKET_MS);
    if (bucket - this.#bucket >= BUCKETS) {
      this.#sums.fill(0);
      this.#counts.fill(0);
      this.#bucket = bucket;
    }
    while (this.#bucket < bucket) {
      this.#bucket++;
      this.#sums[this.#bucket % BUCKETS] = 0;
      this.#counts[this.#bucket % BUCKETS] = 0;
    }
  }
}
