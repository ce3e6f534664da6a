import type { ReceivedMessage } from './message.js';

/** Where received messages go. */
export interface Intake {
  take(message: ReceivedMessage): void;
  /** Messages that wait here for their turn, first to last; they are not here any more afterwards. */
  shed(): readonly ReceivedMessage[];
  /** Handlers that run. */
  readonly running: number;
  /** No more comes. */
  close(): void;
}
