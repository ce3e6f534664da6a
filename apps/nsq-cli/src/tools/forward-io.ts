import { libraryLog, type LibraryLog } from './consumer-log.js';
import type { ToolIo } from './tool.js';

/** How an engine that moves messages from one place to another speaks, whatever program it is part of. */
export interface ForwardIo {
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
  /** Lines about the connections of the instance with this number. */
  readonly library: (instance: number, consumes?: string) => LibraryLog;
  /** So many messages more are done with. */
  readonly moved?: (count: number) => void;
}

/** As a tool with the reference's name speaks. */
export function forwardIo({ signal, log }: ToolIo): ForwardIo {
  return { signal, log, library: (instance, consumes) => libraryLog(log, instance, consumes) };
}
