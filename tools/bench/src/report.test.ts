import { medianOf, table } from './report.js';
import type { Measurement } from './scenario.js';

const run = (perSecond: number): Measurement => ({ messages: 1000, perSecond, daemonMicros: 1.5, daemonCpu: 90, loadCpu: 10, peakMiB: 60 });

it('takes the middle of an odd number of runs, the mean of the two in the middle of an even one', () => {
  expect(medianOf([run(3), run(1), run(2)])).toMatchObject({ perSecond: 2, messages: 1000 });
  expect(medianOf([run(4), run(1), run(2), run(3)])?.perSecond).toBe(2.5);
  expect(medianOf([])).toBeNull();
});

it('prints a line for each scenario, dashes for what does not apply, and the errors below', () => {
  const lines = table([
    { scenario: 'fast', runs: [run(1_234_567)], median: run(1_234_567), errors: [] },
    { scenario: 'broken', runs: [], median: null, errors: ['it fell over'] },
  ]).split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(/^fast +1,000 +1,234,567 +1\.50 +90 +10 +60 +- +- +- +-$/);
  expect(lines[2]).toMatch(/^broken( +-){10}$/);
  expect(lines[3]).toBe('broken: it fell over');
  expect(new Set(lines.slice(0, 3).map((line) => line.length)).size).toBe(1);
});
