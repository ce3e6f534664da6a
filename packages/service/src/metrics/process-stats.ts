import { readdir } from 'node:fs/promises';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;
const DELAY_QUANTILES = [0.5, 0.9, 0.99, 1] as const;

/** This process, at the moment it was asked. Times in seconds, sizes in bytes. */
export interface ProcessStats {
  /** Of all threads, in user and system mode. */
  readonly cpuSeconds: number;
  /** Unix time. */
  readonly startTime: number;
  readonly residentBytes: number;
  readonly heapTotalBytes: number;
  readonly heapUsedBytes: number;
  /** Memory of buffers and of whatever else is outside the heap. */
  readonly externalBytes: number;
  /** Open files and sockets; null where the system does not tell. */
  readonly openFiles: number | null;
  /** How much later than asked timers came since the last reading, `quantile` above 0 up to 1. */
  readonly eventLoopDelay: readonly { readonly quantile: number; readonly seconds: number }[];
}

/** Watches the event loop from its construction until `close`. */
export class ProcessMonitor {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delay.enable();
  }

  /** Begins a new period for the delays. */
  async read(): Promise<ProcessStats> {
    const openFiles = await readdir('/proc/self/fd').then(
      (names) => names.length,
      () => null,
    );
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const eventLoopDelay = DELAY_QUANTILES.map((quantile) => ({ quantile, seconds: this.#delaySeconds(quantile) }));
    this.#delay.reset();
    return {
      cpuSeconds: (user + system) / MICROSECONDS,
      startTime: performance.timeOrigin / 1000,
      residentBytes: rss,
      heapTotalBytes: heapTotal,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      openFiles,
      eventLoopDelay,
    };
  }

  /** The histogram holds the time between two ticks, which is the resolution when there is no delay. */
  #delaySeconds(quantile: number): number {
    if (this.#delay.count === 0) return 0;
    return Math.max(0, this.#delay.percentile(quantile * 100) / NANOSECONDS - RESOLUTION_MS / 1000);
  }

  close(): void {
    this.#delay.disable();
  }
}
