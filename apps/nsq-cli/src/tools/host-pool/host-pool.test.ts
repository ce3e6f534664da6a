import fc from 'fast-check';
import { createHostPool } from './create-host-pool.js';
import { EpsilonGreedy } from './epsilon-greedy.js';
import { HealthyHosts } from './healthy-hosts.js';
import { RoundRobin } from './host-pool.js';
import { ResponseTimes } from './response-times.js';

const take = (pool: { next(): number }, count: number): number[] => Array.from({ length: count }, () => pool.next());

it('goes round, from the second on, whatever fails', () => {
  const pool = new RoundRobin(3);
  pool.failed();
  expect(take(pool, 4)).toEqual([1, 2, 0, 1]);
});

it('makes no pool for a mode that is none', () => {
  expect(createHostPool('multi', 2)).toBeNull();
});

describe('healthy hosts', () => {
  let now: number;
  let pool: HealthyHosts;
  beforeEach(() => {
    now = 0;
    pool = new HealthyHosts(3, () => now);
  });

  it('go round without the dead', () => {
    pool.failed(1);
    expect(take(pool, 4)).toEqual([0, 2, 0, 2]);
    pool.succeeded(1);
    expect(take(pool, 3)).toEqual([0, 1, 2]);
  });

  it('try a dead one once after 30 s, then after twice as long, 15 minutes at most', () => {
    pool.failed(1);
    let delay = 30_000;
    for (let i = 0; i < 7; i++) {
      now += delay;
      expect(take(pool, 3)).not.toContain(1);
      now += 1;
      pool.failed(1); // while dead: changes nothing
      expect(take(pool, 3).filter((index) => index === 1)).toEqual([1]);
      delay = Math.min(900_000, delay * 2);
    }
  });

  it('are all revived when all are dead, and the first is used', () => {
    for (const index of [0, 1, 2]) pool.failed(index);
    expect(take(pool, 4)).toEqual([0, 0, 1, 2]);
  });

  it('always give an address, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(100_000))), (events) => {
        const hosts = new HealthyHosts(3, () => now);
        for (const [ok, wait] of events) {
          now += wait;
          const index = hosts.next();
          expect([0, 1, 2]).toContain(index);
          if (ok) hosts.succeeded(index);
          else hosts.failed(index);
        }
      }),
    );
  });
});

describe('response times', () => {
  it('weigh newer ones more, and forget after five minutes', () => {
    const times = new ResponseTimes(0);
    expect(times.weighted(0)).toBe(0);
    times.add(10, 0);
    times.add(20, 0);
    expect(times.weighted(0)).toBeCloseTo(15);
    times.add(1, 2_500);
    expect(times.weighted(2_500)).toBeCloseTo((15 * 119) / 120 + 1);
    expect(times.weighted(299_999)).toBeGreaterThan(0);
    expect(times.weighted(303_000)).toBe(0);
  });
});

describe('epsilon-greedy', () => {
  it('prefers the fast, below a millisecond too, and leaves out the dead', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const pool = new EpsilonGreedy(3, () => 0, random);
    const counts = [0, 0, 0];
    for (let i = 0; i < 2_000; i++) {
      const index = pool.next();
      counts[index] = (counts[index] ?? 0) + 1;
      if (index === 2) pool.failed(2);
      else pool.succeeded(index, index === 0 ? 0.1 : 0.9);
    }
    const [fast = 0, slow = 0, dead = 0] = counts;
    expect(dead).toBe(1);
    expect(fast).toBeGreaterThan(slow * 4);
    expect(slow).toBeGreaterThan(50);
  });

  it('takes the usual turn before anything is measured', () => {
    const pool = new EpsilonGreedy(
      2,
      () => 0,
      () => 0.99,
    );
    expect(take(pool, 3)).toEqual([0, 1, 0]);
  });
});
