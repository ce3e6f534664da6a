import { formatSeconds } from '@nsq/options';

/** Prints the time as `YYYY/MM/DD HH:MM:SS.uuuuuu`, local. */
export class LogClock {
  readonly #micros: () => number;
  #second = NaN;
  #text = '';

  /** @param micros microseconds since 1970 */
  constructor(micros: () => number = systemMicros) {
    this.#micros = micros;
  }

  now(): string {
    const micros = Math.floor(this.#micros());
    const second = Math.floor(micros / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = formatSeconds(second * 1000);
    }
    return `${this.#text}.${(micros - second * 1e6).toString().padStart(6, '0')}`;
  }
}

/** The monotonic clock has the microseconds, the system's clock is the one that gets set: follow it when the two part. */
let offset = performance.timeOrigin;
const MAX_DRIFT_MS = 2;

function systemMicros(): number {
  const wall = Date.now();
  const monotonic = performance.now();
  if (Math.abs(offset + monotonic - wall) > MAX_DRIFT_MS) offset = wall - monotonic;
  return (offset + monotonic) * 1000;
}
