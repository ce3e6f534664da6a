import fc from 'fast-check';
import { LatencyWindow } from './latency-window.js';

const QUANTILES = [1, 0.5];
const WINDOW = 100;

const maximum = (window: LatencyWindow, now: number): number => window.read(now).query(1);

it('forgets a sample between half a window and a whole one after it came', () => {
  const window = new LatencyWindow(QUANTILES, WINDOW, 1000);
  window.record(9, 1000);
  window.record(5, 1050);
  expect(maximum(window, 1050)).toBe(9);
  window.record(3, 1051); // more than half a window after the start: the other half begins
  expect(window.read(1100).stats()).toMatchObject({ count: 3, percentiles: [{ quantile: 1, value: 9 }, { quantile: 0.5 }] });
  expect(window.read(1101).stats()).toMatchObject({ count: 1, percentiles: [{ value: 3 }, { value: 3 }] });
  expect(window.read(1151).stats()).toMatchObject({ count: 0, percentiles: [{ value: 0 }, { value: 0 }] });
});

it('is empty after a long silence', () => {
  const window = new LatencyWindow(QUANTILES, WINDOW, 0);
  window.record(9, 1);
  expect(window.read(1e9).count).toBe(0);
  window.record(7, 1e9 + 1);
  expect(maximum(window, 1e9 + 2)).toBe(7);
});

it('changes nothing by being read', () => {
  const window = new LatencyWindow(QUANTILES, WINDOW, 0);
  for (let i = 1; i <= 1200; i++) window.record(i, i / 20);
  expect(window.read(60).stats()).toEqual(window.read(60).stats());
  expect(window.read(60).count).toBe(1200);
});

it('holds what half a window covers for sure, and nothing older than a whole one', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 3 * WINDOW }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(gaps, (times) => {
      const window = new LatencyWindow(QUANTILES, WINDOW, 0);
      let now = 0;
      const samples: number[] = [];
      for (const gap of times) {
        now += gap;
        window.record(now, now);
        samples.push(now);
        const sure = samples.filter((at) => at > now - WINDOW / 2).length;
        const possible = samples.filter((at) => at >= now - WINDOW).length;
        const { count } = window.read(now);
        expect(count).toBeGreaterThanOrEqual(sure);
        expect(count).toBeLessThanOrEqual(possible);
      }
    }),
  );
});
