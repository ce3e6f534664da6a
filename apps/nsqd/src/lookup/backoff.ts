const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/**
 * Milliseconds to wait before the next attempt, after so many that failed in a row: from half to all of 250 ms, doubled with each failure up to
 * 5 s. The spread keeps a thousand nsqds from coming back in the same moment.
 * @param failures 1 or more
 * @param random 0 up to, not including, 1
 */
export function backoffMs(failures: number, random: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)) * (0.5 + random / 2);
}
