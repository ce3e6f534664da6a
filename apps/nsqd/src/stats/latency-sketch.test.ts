import fc from 'fast-check';
import { EPSILON, LatencySketch } from './latency-sketch.js';

const QUANTILES = [1, 0.999, 0.99, 0.95, 0.5, 0.1];

function sketchOf(values: Iterable<number>, quantiles: readonly number[] = QUANTILES): LatencySketch {
  const sketch = new LatencySketch(quantiles);
  for (const value of values) sketch.insert(value);
  return sketch;
}

/** How many ranks `value` is away from those that would be right for `quantile`. */
function rankError(sorted: readonly number[], quantile: number, value: number): number {
  const first = sorted.findIndex((each) => each >= value) + 1;
  const last = sorted.findLastIndex((each) => each <= value) + 1;
  const rank = Math.ceil(quantile * sorted.length);
  return rank < first ? first - rank : Math.max(0, rank - last);
}

/** The reference's small-sample rounding is two ranks. */
function expectWithinBounds(sketch: LatencySketch, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  expect(sketch.count).toBe(sorted.length);
  for (const quantile of sketch.quantiles) {
    const value = sketch.query(quantile);
    expect(sorted).toContain(value);
    expect(rankError(sorted, quantile, value)).toBeLessThanOrEqual(EPSILON * sorted.length + 2);
  }
  if (sketch.quantiles.includes(1)) expect(sketch.query(1)).toBe(sorted.at(-1));
}

/** Orders and distributions that latencies come in: rising, falling, shuffled, few distinct values, a long tail. */
const SHAPES: Record<string, (i: number, random: number) => number> = {
  rising: (i) => i,
  falling: (i) => -i,
  shuffled: (_i, random) => Math.floor(random * 1e9),
  'of few values': (_i, random) => Math.floor(random * 5),
  'with a long tail': (_i, random) => Math.floor(1e6 / (1.000001 - random)),
  alternating: (i) => (i % 2 === 0 ? i : 1e9 - i),
};
const shape = fc.constantFrom(...Object.keys(SHAPES));
const seed = fc.integer({ min: 1, max: 2 ** 31 - 2 });

function stream(name: string, length: number, start: number): number[] {
  let state = start;
  return Array.from({ length }, (_, i) => {
    state = (state * 48271) % 2147483647;
    return SHAPES[name]?.(i, state / 2147483647) ?? 0;
  });
}

it('answers as the reference does when there are few samples', () => {
  const sketch = sketchOf([70, 10, 30, 90, 20, 100, 50, 80, 60, 40], [1, 0.99, 0.5]);
  expect(sketch.stats()).toEqual({
    count: 10,
    percentiles: [
      { quantile: 1, value: 100 },
      { quantile: 0.99, value: 100 },
      { quantile: 0.5, value: 70 },
    ],
  });
  expect(sketchOf([5], [0.5]).query(0.5)).toBe(5);
});

it('is not thrown off by a quantile that is a small part of one sample', () => {
  const values = stream('rising', 4, 1);
  expectWithinBounds(sketchOf(values, [0.001]), values);
});

it('answers 0 without samples', () => {
  expect(new LatencySketch([0.5]).stats()).toEqual({ count: 0, percentiles: [{ quantile: 0.5, value: 0 }] });
  const cleared = sketchOf(stream('rising', 1200, 1));
  cleared.clear();
  expect([cleared.count, cleared.query(0.5), cleared.query(1)]).toEqual([0, 0, 0]);
});

it('answers with a sample whose rank is at most 1 % off', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 1500 }), (values) => {
      expectWithinBounds(sketchOf(values), values);
    }),
  );
});

it('keeps to that in long streams of any shape, and for any quantiles', () => {
  const quantiles = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(shape, fc.integer({ min: 1, max: 20_000 }), seed, quantiles, (name, length, start, asked) => {
      const values = stream(name, length, start);
      expectWithinBounds(sketchOf(values, asked), values);
    }),
    { numRuns: 60 },
  );
});

it('keeps to that when sketches are merged, however they differ', () => {
  const part = fc.tuple(shape, fc.integer({ min: 0, max: 6000 }), seed, fc.integer({ min: 1, max: 1000 }));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
      const all: number[] = [];
      const merged = new LatencySketch(QUANTILES);
      for (const [name, length, start, scale] of parts) {
        const values = stream(name, length, start).map((value) => value * scale);
        const sketch = sketchOf(values);
        merged.absorb(sketch);
        expect(sketch.count).toBe(length);
        all.push(...values);
      }
      if (all.length > 0) expectWithinBounds(merged, all);
    }),
    { numRuns: 60 },
  );
});

it('keeps few of many samples', () => {
  expect(sketchOf(stream('shuffled', 200_000, 7), [1, 0.99, 0.95]).size).toBeLessThan(2500);
  expect(sketchOf(stream('shuffled', 200_000, 7), [1]).size).toBeLessThan(600);
});
