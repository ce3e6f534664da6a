import { isDeepStrictEqual } from 'node:util';

/** @throws {Error} with both, when they differ */
export function same(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

/** @throws {Error} unless it holds */
export function holds(what: string, condition: boolean): void {
  if (!condition) throw new Error(`${what}: no`);
}
