import fc from 'fast-check';
import { joinInSlices, Slices } from './slices.js';

it('joins as many pieces as there are, in their order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 1, 255, 256, 257, 1000), fc.constantFrom('', '\n'), async (count, separator) => {
      const pieces = Array.from({ length: count }, (_, i) => `p${i}`);
      expect(await joinInSlices(pieces, separator, new Slices())).toBe(pieces.join(separator));
    }),
    { numRuns: 30 },
  );
});

it('is due when its time is over, and not right after a pause', async () => {
  expect(new Slices(0).due).toBe(true);
  const slices = new Slices(60_000);
  expect(slices.due).toBe(false);
  await slices.pause();
  expect(slices.due).toBe(false);
});
