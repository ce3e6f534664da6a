import fc from 'fast-check';
import { Ring } from './ring.js';

it('does what an array does', () => {
  const step = fc.oneof(
    fc.nat().map((value) => ({ push: value })),
    fc.nat().map((value) => ({ unshift: value })),
    fc.constant('shift' as const),
    fc.constant('drain' as const),
  );
  const steps = fc.array(fc.oneof({ weight: 20, arbitrary: step }, { weight: 10, arbitrary: fc.constant('shift' as const) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const ring = new Ring<number>();
      const model: number[] = [];
      for (const each of all) {
        if (each === 'shift') expect(ring.shift()).toBe(model.shift());
        else if (each === 'drain') expect(ring.drain()).toEqual(model.splice(0));
        else if ('push' in each) {
          ring.push(each.push);
          model.push(each.push);
        } else {
          ring.unshift(each.unshift);
          model.unshift(each.unshift);
        }
        const seen: number[] = [];
        ring.forEach((item) => seen.push(item));
        expect(seen).toEqual(model);
        expect(ring.size).toBe(model.length);
      }
    }),
  );
});
