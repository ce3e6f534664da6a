import { Backoff, type BackoffOptions } from './backoff.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function make(options: BackoffOptions = {}, random?: () => number): { backoff: Backoff; seen: string[] } {
  const seen: string[] = [];
  const backoff: Backoff = new Backoff(options, (delay) => seen.push(`${backoff.state} ${backoff.level} ${delay}`), random);
  return { backoff, seen };
}

it('waits, tests with one message, goes deeper with each failure and back with each success', () => {
  const { backoff, seen } = make();
  expect(backoff.limit(100)).toBe(100);
  backoff.succeeded();
  backoff.neither();
  expect(seen).toEqual([]);
  backoff.failed();
  expect(backoff.limit(100)).toBe(0);
  jest.advanceTimersByTime(1999);
  expect(backoff.limit(100)).toBe(0);
  jest.advanceTimersByTime(1);
  expect(backoff.limit(100)).toBe(1);
  backoff.failed();
  jest.advanceTimersByTime(4000);
  backoff.succeeded();
  jest.advanceTimersByTime(2000);
  backoff.succeeded();
  expect(backoff.limit(100)).toBe(100);
  expect(seen).toEqual(['waiting 1 2000', 'testing 1 0', 'waiting 2 4000', 'testing 2 0', 'waiting 1 2000', 'testing 1 0', 'none 0 0']);
});

it('takes many outcomes while it waits for one', () => {
  const { backoff, seen } = make();
  for (let i = 0; i < 10; i++) {
    backoff.failed();
    backoff.succeeded();
    backoff.neither();
  }
  expect(seen).toEqual(['waiting 1 2000']);
});

it('waits again at the same level when the test message says nothing', () => {
  const { backoff, seen } = make();
  backoff.failed();
  jest.advanceTimersByTime(2000);
  backoff.neither();
  expect(seen.at(-1)).toBe('waiting 1 2000');
});

it('waits no longer than it should', () => {
  const { backoff, seen } = make({ multiplier: 1000, max: 5000 });
  for (let i = 0; i < 5; i++) {
    backoff.failed();
    jest.advanceTimersByTime(5000);
  }
  expect(seen.filter((state) => state.startsWith('waiting'))).toEqual(
    [1, 2, 2, 2, 2].map((level) => `waiting ${level} ${1000 * 2 ** level}`),
  );
  const { backoff: short, seen: shortSeen } = make({ multiplier: 1000, max: 500 });
  short.failed();
  expect(shortSeen).toEqual(['waiting 1 500']);
});

it('can wait at random, or not back off at all', () => {
  const { backoff, seen } = make({ strategy: 'full-jitter' }, () => 0.25);
  backoff.failed();
  expect(seen).toEqual(['waiting 1 500']);
  const { backoff: none, seen: nothing } = make({ max: 0 });
  none.failed();
  expect(nothing).toEqual([]);
  expect(none.limit(5)).toBe(5);
});

it('ends its timer when it is stopped', () => {
  const { backoff, seen } = make();
  backoff.failed();
  backoff.stop();
  jest.advanceTimersByTime(10_000);
  expect(seen).toHaveLength(1);
  expect(jest.getTimerCount()).toBe(0);
});
