import { ReconnectDelays } from './reconnect.js';

it('waits twice as long each time, at random between half of it and all, up to a bound', () => {
  const delays = new ReconnectDelays({ initialDelay: 100, maxDelay: 1000 });
  expect([0, 1, 2, 3, 4, 100].map((failures) => delays.next(failures, () => 1))).toEqual([100, 200, 400, 800, 1000, 1000]);
  expect([0, 1, 5000].map((failures) => delays.next(failures, () => 0))).toEqual([50, 100, 500]);
});
