import { Message } from '../queue/message.js';
import { Segments } from './segments.js';

it('stands for a segment with one object', () => {
  const segments = new Segments();
  expect(segments.use(3)).toBe(segments.use(3));
  expect(segments.use(3)).not.toBe(segments.use(4));
});

it('knows the lowest segment with unfinished messages, as they come, move and go', () => {
  const segments = new Segments();
  expect(segments.firstUsed).toBe(Infinity);
  const one = new Message();
  const other = new Message();
  one.hold(segments.use(5));
  other.hold(segments.use(2));
  expect(segments.firstUsed).toBe(2);
  other.hold(segments.use(7));
  expect(segments.firstUsed).toBe(5);
  expect([...segments.used()].map(({ number, unfinished }) => [number, unfinished])).toEqual([
    [5, 1],
    [7, 1],
  ]);
  one.hold(null);
  other.hold(null);
  expect([segments.firstUsed, [...segments.used()]]).toEqual([Infinity, []]);
});

it('forgets what is freed and keeps the rest', () => {
  const segments = new Segments();
  const kept = segments.use(4);
  const gone = segments.use(3);
  segments.forgetBefore(4);
  expect(segments.use(4)).toBe(kept);
  expect(segments.use(3)).not.toBe(gone);
});
