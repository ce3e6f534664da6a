import type { Message } from './message.js';

/** Where received messages go. */
export interface Intake {
  take(message: Message): void;
  /** Messages that wait here for their turn, first to last; they are not here any more afterwards. */
  shed(): readonly Message[];
  /** Handlers that run. */
  readonly running: number;
  /** No more comes. */
  close(): void;
}
