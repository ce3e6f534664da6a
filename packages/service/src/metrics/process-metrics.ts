import type { MemoryStats } from './memory-stats.js';
import type { ProcessStats } from './process-stats.js';
import { metric, metricHeader, metricLabel, metricSample } from './prometheus-text.js';

const MICROSECONDS = 1e6;

/** What every daemon shows of its process at /metrics, under the names that Prometheus' clients use. Pieces of text. */
export function* processMetrics(process: ProcessStats, memory: MemoryStats): Generator<string> {
  yield metric('process_cpu_seconds_total', 'counter', 'CPU time used.', process.cpuSeconds);
  yield metric('process_start_time_seconds', 'gauge', 'Start of the process, Unix time.', process.startTime);
  yield metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.residentBytes);
  yield metric('nodejs_heap_size_total_bytes', 'gauge', 'Heap that V8 holds.', process.heapTotalBytes);
  yield metric('nodejs_heap_size_used_bytes', 'gauge', 'Heap in use.', process.heapUsedBytes);
  yield metric('nodejs_external_memory_bytes', 'gauge', 'Memory outside the heap, of buffers above all.', process.externalBytes);
  if (process.openFiles !== null) yield metric('process_open_fds', 'gauge', 'Open files and sockets.', process.openFiles);

  const delays = process.eventLoopDelay.map(({ quantile, seconds }) => [quantile, seconds] as const);
  yield* quantiles('nodejs_eventloop_delay_seconds', 'How late the event loop was since the previous scrape.', delays);
  yield metric('nodejs_gc_runs_total', 'counter', 'Garbage collections.', memory.gcTotalRuns);
  yield* quantiles('nodejs_gc_pause_seconds', 'Pauses for garbage collection, of the last 256.', [
    [0.95, memory.gcPauseUsec95 / MICROSECONDS],
    [0.99, memory.gcPauseUsec99 / MICROSECONDS],
    [1, memory.gcPauseUsec100 / MICROSECONDS],
  ]);
}

function* quantiles(name: string, help: string, values: Iterable<readonly [quantile: number, value: number]>): Generator<string> {
  yield metricHeader(name, 'summary', help);
  for (const [quantile, value] of values) yield metricSample(name, metricLabel('quantile', String(quantile)), value);
}
