import fc from 'fast-check';
import { Throttle } from './throttle.js';

/** When each of so many records may go, with no time spent on the records themselves. */
function times(throttle: Throttle, count: number, start: number): number[] {
  let now = start;
  return Array.from({ length: count }, () => {
    now += throttle.delay(now);
    throttle.spend(now);
    return now;
  });
}

it('lets one go at once, then one in each interval', () => {
  expect(times(new Throttle(5, 0), 8, 0)).toEqual([0, 200, 400, 600, 800, 1000, 1200, 1400]);
});

it('allows a burst of the rate after an idle second, no more', () => {
  const throttle = new Throttle(4, 0);
  expect(times(throttle, 6, 10_000)).toEqual([10_000, 10_000, 10_000, 10_000, 10_250, 10_500]);
});

it('keeps to the rate over any stretch, but for the burst', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.array(fc.nat(3_000), { maxLength: 200 }), (rate, pauses) => {
      const throttle = new Throttle(rate, 0);
      let now = 0;
      const gone: number[] = [];
      for (const pause of pauses) {
        now += pause;
        now += throttle.delay(now);
        throttle.spend(now);
        gone.push(now);
      }
      gone.forEach((first, i) => {
        const within = gone.slice(i).filter((time) => time < first + 1_000).length;
        expect(within).toBeLessThanOrEqual(2 * rate + 2);
      });
    }),
  );
});
