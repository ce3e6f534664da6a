/** The time, handed in: the engine never asks the system. */
export interface Clock {
  /** Milliseconds that only go forward, from any origin. */
  monotonic(): number;
  /** Milliseconds since the Unix epoch, with a fraction. */
  wall(): number;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => performance.timeOrigin + performance.now(),
};
