/** What a status line tells of the last durations, milliseconds. */
export interface Summary {
  readonly p99: number;
  readonly p95: number;
  readonly average: number;
}

/** @param durations at least one */
export function summarize(durations: readonly number[]): Summary {
  const sorted = durations.toSorted((a, b) => a - b);
  const sum = sorted.reduce((total, each) => total + each, 0);
  return { p99: percentile(0.99, sorted), p95: percentile(0.95, sorted), average: sum / sorted.length };
}

function percentile(share: number, sorted: readonly number[]): number {
  const index = Math.min(sorted.length - 1, Math.ceil(share * sorted.length + 0.5));
  return sorted[index] ?? 0;
}
