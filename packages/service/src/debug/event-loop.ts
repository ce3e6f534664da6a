import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import { pause } from './pause.js';

const RESOLUTION_MS = 10;
const NANOSECONDS_PER_MS = 1e6;

/** What kept the event loop busy for a time. Durations are milliseconds. */
export interface EventLoopReport {
  readonly seconds: number;
  /** Part of the time in which the loop did something, 0 to 1. */
  readonly utilization: number;
  /** How late timers were. */
  readonly delay: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
  readonly gc: { readonly runs: number; readonly total: number; readonly longest: number };
}

/** Watches the event loop. @param signal ends it earlier */
export async function watchEventLoop(ms: number, signal: AbortSignal): Promise<EventLoopReport> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const pauses: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pauses.push(duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  histogram.enable();
  const before = performance.eventLoopUtilization();
  const from = performance.now();
  try {
    await pause(ms, signal);
    for (const { duration } of observer.takeRecords()) pauses.push(duration);
    // The histogram has the whole time between two ticks, of which a part is meant to be there.
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS);
    const measured = histogram.max > 0;
    const at = (percentile: number): number => (measured ? late(histogram.percentile(percentile)) : 0);
    return {
      seconds: (performance.now() - from) / 1000,
      utilization: performance.eventLoopUtilization(before).utilization,
      delay: { p50: at(50), p90: at(90), p99: at(99), max: measured ? late(histogram.max) : 0 },
      gc: { runs: pauses.length, total: pauses.reduce((sum, each) => sum + each, 0), longest: Math.max(0, ...pauses) },
    };
  } finally {
    histogram.disable();
    observer.disconnect();
  }
}
