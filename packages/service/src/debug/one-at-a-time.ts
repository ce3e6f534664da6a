import { HttpError } from '../http-error.js';

/** Lets one caller in at a time, because two would disturb each other or cost the daemon too much. */
export class OneAtATime {
  readonly #what: string;
  #busy = false;

  constructor(what: string) {
    this.#what = what;
  }

  /** @returns to be called at the end @throws {HttpError} 503 while somebody else is in */
  enter(): () => void {
    if (this.#busy) throw new HttpError(503, `${this.#what} is being taken already`);
    this.#busy = true;
    return () => {
      this.#busy = false;
    };
  }
}
