import type { Totals } from '../stat/totals.js';
import { skewOf } from './daemon-checks.js';
import { spaceCheck } from './disk-check.js';
import { queueChecks } from './queue-checks.js';

const GIB = 2 ** 30;

describe('spaceCheck', () => {
  it.each([
    [50, 100, 'ok'],
    [9, 100, 'warn'],
    [1, 100, 'fail'],
    [30, 10_000, 'ok'], // few percent, and enough
    [0, 0, 'ok'], // a file system without a size
  ])('judges %d of %d GiB free', (free, size, status) => {
    expect(spaceCheck('disk', free * GIB, size * GIB).status).toBe(status);
  });
});

describe('skewOf', () => {
  it.each([
    [10_000, 10_300, 10_400, 0], // the header has whole seconds
    [10_000, 11_500, 11_600, 500 - 1000 + 0],
    [20_000, 10_000, 10_500, 9_500],
    [Number.NaN, 0, 1, null],
  ])('compares %d with %d to %d', (there, from, to, skew) => {
    expect(skewOf(there, from, to)).toBe(skew);
  });
});

describe('queueChecks', () => {
  const totals = (more: Partial<Totals>): Totals => ({
    ...{ topic: 't', channel: null, depth: 0, backendDepth: 0, inFlight: 0, deferred: 0, messages: 0, requeued: 0, timedOut: 0 },
    ...{ clients: 0, nsqds: 1, paused: 0 },
    ...more,
  });

  it('tells how fast something grows that nobody consumes', () => {
    const before = [totals({ depth: 10 }), totals({ topic: 'u' }), totals({ topic: 'u', channel: 'c', depth: 5 })];
    const after = [totals({ depth: 30 }), totals({ topic: 'u' }), totals({ topic: 'u', channel: 'c', depth: 5 })];
    expect(queueChecks(before, after, 2).map(({ subject, text }) => `${subject}: ${text}`)).toEqual([
      'topic t: no channel, 30 messages waiting, growing by 10/s',
      'channel u/c: no consumer, 5 messages waiting',
    ]);
  });

  it('says nothing of what is consumed, or empty', () => {
    const fine = [totals({ depth: 5 }), totals({ channel: 'c', depth: 9, clients: 1 }), totals({ topic: 'u', paused: 1 })];
    expect(queueChecks(fine, fine, 1)).toEqual([]);
  });
});
