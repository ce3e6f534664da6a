import type { Logger, MemoryStats, ProcessStats } from '@nsq/service';
import type { Clock } from '../registry/clock.js';
import type { RegistrationDb } from '../registry/registration-db.js';

/** What the HTTP API needs of the daemon. */
export interface HttpContext {
  readonly db: RegistrationDb;
  /** The registry's. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** Open TCP connections. */
  readonly connectionCount: number;
  memory(): MemoryStats;
  processStats(): Promise<ProcessStats>;
}
