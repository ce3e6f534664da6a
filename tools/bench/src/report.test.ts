import { medianOf, table } from './report.js';
import type { Measurement } from './run.js';

const run = (perSecond: number): Measurement => ({ messages: 1000, perSecond, daemonMicros: 1.5, daemonCpu: 90, loadCpu: 10, peakMiB: 60 });

it('takes the middle of an odd number of runs, the mean of the two in the middle of an even one', () => {
  expect(medianOf([run(3), run(1), run(2)])).toMatchObject({ perSecond: 2, messages: 1000 });
  expect(medianOf([run(4), run(1), run(2), run(3)])?.perSecond).toBe(2.5);
  expect(medianOf([])).toBeNull();
});

it('prints a line for each scenario, dashes for what does not apply, no column that nobody has, and the errors below', () => {
  const lines = table([
    { scenario: 'fast', runs: [run(1_234_567)], median: run(1_234_567), errors: [] },
    { scenario: 'timed', runs: [run(1)], median: { ...run(1), p50: 0.5 }, errors: [] },
    { scenario: 'broken', runs: [], median: null, errors: ['it fell over'] },
  ]).split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[1]).toMatch(/^fast +1,000 +1,234,567 +1\.50 +90 +10 +60 +-$/);
  expect(lines[2]).toMatch(/ 0\.500$/);
  expect(lines[3]).toMatch(/^broken( +-){7}$/);
  expect(lines[4]).toBe('broken: it fell over');
  expect(new Set(lines.slice(0, 4).map((line) => line.length)).size).toBe(1);
});

it('lays scenarios beside the one that they are compared with, when that was measured too', () => {
  const half = { ...run(50), daemonMicros: 3 };
  const lines = table([
    { scenario: 'in', runs: [run(100)], median: run(100), errors: [] },
    { scenario: 'in-tls', base: 'in', runs: [half], median: half, errors: [] },
    { scenario: 'out-tls', base: 'out', runs: [half], median: half, errors: [] },
  ]).split('\n');
  expect(lines[1]).toMatch(/ - +-$/);
  expect(lines[2]).toMatch(/ 0\.50 +2\.00$/);
  expect(lines[3]).toMatch(/ - +-$/);
});
