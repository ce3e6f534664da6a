import type { Engine } from '../queue/engine.js';

/** Input after which a turn ends although more input may be waiting, so that what was read is still in the processor's caches. */
const TURN_INPUT_BYTES = 128 * 1024;

/** A connection with output that waits for the end of the turn. */
export interface Flushable {
  flush(): void;
}

/**
 * Ends turns: once the input that has arrived is parsed, channels deliver and each connection with output writes once.
 */
export class TurnLoop {
  readonly #engine: Engine;
  #scheduled = false;
  #outputs: Flushable[] = [];
  #input = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Has the turn end when the event loop has handed out the input that it has. */
  readonly schedule = (): void => {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#end);
  };

  addOutput(output: Flushable): void {
    this.#outputs.push(output);
    this.schedule();
  }

  /** A piece of input has been parsed. */
  parsed(bytes: number): void {
    this.#input += bytes;
    if (this.#input >= TURN_INPUT_BYTES && this.#scheduled) this.#run();
  }

  readonly #end = (): void => {
    this.#scheduled = false;
    this.#run();
  };

  #run(): void {
    this.#input = 0;
    this.#engine.turn();
    const outputs = this.#outputs;
    this.#outputs = [];
    for (const output of outputs) output.flush();
  }
}
