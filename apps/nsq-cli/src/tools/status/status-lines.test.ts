import { summarize } from './percentiles.js';
import { StatusLines } from './status-lines.js';

it('takes the percentile at ceil(p × N + 0.5), the last one at most', () => {
  const durations = Array.from({ length: 250 }, (_, i) => 250 - i);
  expect(summarize(durations)).toEqual({ p99: 249, p95: 239, average: 125.5 });
  expect(summarize([3])).toEqual({ p99: 3, p95: 3, average: 3 });
});

it('prints when the next measurement comes, for each of several addresses and for all', () => {
  const lines: string[] = [];
  const status = new StatusLines(['a', 'b'], 100, (line) => lines.push(line));
  for (let i = 0; i < 100; i++) {
    status.add(2);
    status.addFor(0, 2);
  }
  expect(lines).toEqual([]);
  status.addFor(0, 2);
  status.add(2);
  expect(lines).toEqual([
    '[a]: finished 100 - 99th: 2.00ms - 95th: 2.00ms - avg: 2.00ms',
    '[aggregate]: finished 100 - 99th: 2.00ms - 95th: 2.00ms - avg: 2.00ms',
  ]);
});

it('warns of few values, and prints nothing at 0', () => {
  const lines: string[] = [];
  const print = (line: string): number => lines.push(line);
  new StatusLines(['a'], 99, print);
  expect(lines).toEqual(['Warning: use more than 100 status values for accurate percentiles (configured with 99)']);
  new StatusLines(['a'], 0, print).add(1);
  const single = new StatusLines(['a'], 1, print);
  single.addFor(0, 1);
  single.addFor(0, 1);
  expect(lines).toHaveLength(2);
});
