import type { LibraryLog } from './consumer-log.js';

/** How an engine that moves messages from one place to another speaks, whatever program it is part of. */
export interface ForwardIo {
  readonly signal: AbortSignal;
  log(text: string): void;
  /** Lines about the connections of the instance with this number. */
  library(instance: number, consumes?: string): LibraryLog;
  /** So many messages more are done with. */
  moved?(count: number): void;
}
