/** A point in time on both clocks: one to compare, one to show. */
export interface Moment {
  /** Milliseconds that only go forward, from any origin. */
  readonly monotonic: number;
  /** Nanoseconds since the Unix epoch. */
  readonly wall: bigint;
}

/** The time, handed in: the registry never asks the system. */
export type Clock = () => Moment;

const NS_PER_MS = 1_000_000n;
const MAX_DRIFT_NS = 2n * NS_PER_MS;

const wallNow = (): bigint => BigInt(Date.now()) * NS_PER_MS;
let offset = wallNow() - process.hrtime.bigint();

/** The monotonic clock has the nanoseconds, the system's clock is the one that gets set: the wall time follows it when the two part. */
export const systemClock: Clock = () => {
  const elapsed = process.hrtime.bigint();
  const wall = wallNow();
  const drift = elapsed + offset - wall;
  if (drift > MAX_DRIFT_NS || drift < -MAX_DRIFT_NS) offset = wall - elapsed;
  return { monotonic: Number(elapsed) / 1e6, wall: elapsed + offset };
};
