import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

const MAX_PAUSES = 256;
const UINT32 = 2 ** 32;

/** Sizes in bytes, pauses in microseconds, all whole and not negative. */
export interface MemoryStats {
  /** Always 0: V8 does not count its objects. */
  readonly heapObjects: number;
  /** Heap that V8 holds and does not use. */
  readonly heapIdleBytes: number;
  /** Heap in use, and the memory of buffers, in which the messages lie. */
  readonly heapInUseBytes: number;
  /** Heap that is reserved but not backed by memory. */
  readonly heapReleasedBytes: number;
  readonly gcPauseUsec100: number;
  readonly gcPauseUsec99: number;
  readonly gcPauseUsec95: number;
  /** The limit of the heap: V8 does not say at which size it collects next. */
  readonly nextGcBytes: number;
  /** Collections since the monitor began, young and old; wraps at 2^32. */
  readonly gcTotalRuns: number;
}

/** The last 256 pauses of a garbage collector. */
export class GcPauses {
  total = 0;
  readonly #usec: number[] = [];

  add(milliseconds: number): void {
    this.#usec[this.total % MAX_PAUSES] = Math.max(0, Math.round(milliseconds * 1000));
    this.total++;
  }

  /** The pauses in microseconds, shortest first. */
  sorted(): number[] {
    return [...this.#usec].sort((a, b) => a - b);
  }
}

/** The reference's pick of a percentile, 0 to 100, from values in rising order; 0 when there are none. */
export function percentile(sorted: readonly number[], percent: number): number {
  const index = Math.floor((percent / 100) * sorted.length + 0.5);
  return sorted[Math.min(index, sorted.length - 1)] ?? 0;
}

/** Watches the garbage collector from its construction until `close`. */
export class MemoryMonitor {
  readonly #pauses = new GcPauses();
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#pauses.add(entry.duration);
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  read(): MemoryStats {
    const heap = getHeapStatistics();
    const pauses = this.#pauses.sorted();
    return {
      heapObjects: 0,
      heapIdleBytes: Math.max(0, heap.total_heap_size - heap.used_heap_size),
      heapInUseBytes: heap.used_heap_size + heap.external_memory,
      heapReleasedBytes: Math.max(0, heap.total_heap_size - heap.total_physical_size),
      gcPauseUsec100: percentile(pauses, 100),
      gcPauseUsec99: percentile(pauses, 99),
      gcPauseUsec95: percentile(pauses, 95),
      nextGcBytes: heap.heap_size_limit,
      gcTotalRuns: this.#pauses.total % UINT32,
    };
  }

  close(): void {
    this.#observer.disconnect();
  }
}

/** The figures under the names of nsqd's /stats, in its order. */
export function memoryFields(memory: MemoryStats): readonly (readonly [name: string, value: number])[] {
  return [
    ['heap_objects', memory.heapObjects],
    ['heap_idle_bytes', memory.heapIdleBytes],
    ['heap_in_use_bytes', memory.heapInUseBytes],
    ['heap_released_bytes', memory.heapReleasedBytes],
    ['gc_pause_usec_100', memory.gcPauseUsec100],
    ['gc_pause_usec_99', memory.gcPauseUsec99],
    ['gc_pause_usec_95', memory.gcPauseUsec95],
    ['next_gc_bytes', memory.nextGcBytes],
    ['gc_total_runs', memory.gcTotalRuns],
  ];
}
