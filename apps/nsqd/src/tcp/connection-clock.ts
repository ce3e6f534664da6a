import type { Engine } from '../queue/engine.js';

export interface ClockEvents {
  /** A heartbeat is due. */
  beat(): void;
  /** No command has come for too long. */
  silent(): void;
}

/** When a connection has to send a heartbeat, and until when a command must have come: both by its heartbeat interval. */
export class ConnectionClock {
  readonly #engine: Engine;
  readonly #interval: () => number;
  readonly #events: ClockEvents;
  #timer: NodeJS.Timeout | undefined;
  #beat = 0; // the interval that heartbeats are sent by; the one that holds now may be another
  #beatAt = Infinity; // times in engine milliseconds
  #deadline = Infinity;
  #stopped = false;

  /** @param interval milliseconds; 0 for neither heartbeats nor a deadline */
  constructor(engine: Engine, interval: () => number, events: ClockEvents) {
    this.#engine = engine;
    this.#interval = interval;
    this.#events = events;
  }

  /** Heartbeats and the deadline count from now. */
  restart(): void {
    this.#beat = this.#interval();
    this.#beatAt = this.#beat > 0 ? this.#engine.now + this.#beat : Infinity;
    this.awaitCommand();
  }

  /** A command is awaited from now on, for two intervals. */
  awaitCommand(): void {
    this.commandCame();
    this.#arm();
  }

  /** The same, for every chunk of input: the timer that runs already looks at the new deadline when its time has come. */
  commandCame(): void {
    const interval = this.#interval();
    this.#deadline = interval > 0 ? this.#engine.now + 2 * interval : Infinity;
  }

  /** Nothing is read for now, so nothing can come. */
  awaitNothing(): void {
    this.#deadline = Infinity;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    const next = Math.min(this.#beatAt, this.#deadline);
    if (next === Infinity) return;
    this.#timer = setTimeout(this.#onTime, Math.max(1, next - this.#engine.now));
  }

  readonly #onTime = (): void => {
    this.#engine.tick();
    // Timers may fire a little early.
    const now = this.#engine.now + 1;
    if (now >= this.#beatAt) {
      this.#beatAt += this.#beat;
      if (this.#beatAt <= now) this.#beatAt = now + this.#beat; // missed beats are not made up for
      this.#events.beat();
    }
    // A beat may have ended it.
    if (!this.#stopped && now >= this.#deadline) this.#events.silent();
    this.#arm();
  };
}
