import fc from 'fast-check';
import { bodiesOf, bodyOf, BodyTally, seenOf } from './bodies.js';

it('makes bodies that begin with their number and have at most so many bytes after it', () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.nat(1000), (index, size) => {
      const body = bodyOf(index, size);
      const head = `${index}:`;
      expect(body.subarray(0, head.length).toString()).toBe(head);
      expect(body.length - head.length).toBeLessThanOrEqual(size);
    }),
  );
});

it('makes the bodies that the programs in other languages make', () => {
  expect(bodyOf(3, 200).toString('hex')).toBe(
    `333a${Array.from({ length: (3 * 7919) % 201 }, (_, at) => ((3 + 31 * at) % 256).toString(16).padStart(2, '0')).join('')}`,
  );
  expect(seenOf(bodiesOf(0, 1000, 200)).digest).toBe('7eeb826f56f40f7b');
});

it('has the same digest in any order, and counts a body that comes again as a delivery only', () => {
  const bodies = bodiesOf(0, 50, 100);
  const tally = new BodyTally();
  for (const body of [...bodies].reverse()) tally.add(body);
  expect(tally.seen).toEqual(seenOf(bodies));
  tally.add(bodyOf(7, 100));
  expect(tally.seen).toEqual({ ...seenOf(bodies), deliveries: 51 });
});

it('has another digest when one byte is another', () => {
  const bodies = bodiesOf(0, 50, 100);
  const damaged = bodies.map((body, index) => (index === 20 ? Buffer.concat([body, Buffer.from('x')]) : body));
  expect(seenOf(damaged).digest).not.toBe(seenOf(bodies).digest);
});
