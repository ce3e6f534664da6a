import { Samples } from './samples.js';

it('gives the middle, the ninety-ninth of a hundred and the largest', () => {
  const samples = new Samples();
  for (let value = 3000; value > 0; value--) samples.add(value);
  expect(samples.spread()).toEqual({ p50: 1500, p99: 2970, max: 3000 });
});

it('gives zeros when there is nothing', () => {
  expect(new Samples().spread()).toEqual({ p50: 0, p99: 0, max: 0 });
});
