import fc from 'fast-check';
import { bytesInSlices, Slices } from './slices.js';

it('puts all pieces together, in their order', async () => {
  const count = fc.constantFrom(0, 1, 15, 16, 17, 1000);
  const piece = fc.constantFrom('', 'p', 'ä€😀', 'x'.repeat(10_000));
  await fc.assert(
    fc.asyncProperty(count, piece, fc.constantFrom(0, 4), async (length, text, ms) => {
      const pieces = Array.from({ length }, (_, i) => `${i}${text}`);
      expect((await bytesInSlices(pieces, new Slices(ms))).toString()).toBe(pieces.join(''));
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
