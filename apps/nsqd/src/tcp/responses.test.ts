import fc from 'fast-check';
import { Responses } from './responses.js';

it('answers at once while nothing waits', () => {
  const responses = new Responses();
  const seen: number[] = [];
  responses.after(() => seen.push(1));
  expect([seen, responses.waiting]).toEqual([[1], 0]);
});

it('answers in the order of the commands, in whatever order they are done', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(), { nil: null }), { maxLength: 60 }), (commands) => {
      const responses = new Responses();
      const seen: number[] = [];
      const late: { order: number; settle: () => void }[] = [];
      commands.forEach((order, i) => {
        if (order === null) {
          responses.after(() => seen.push(i));
        } else {
          const settle = responses.reserve();
          late.push({ order, settle: () => settle(() => seen.push(i)) });
        }
      });
      for (const { settle } of late.sort((a, b) => a.order - b.order)) settle();
      expect(seen).toEqual(commands.map((_command, i) => i));
      expect(responses.waiting).toBe(0);
    }),
  );
});

it('keeps nothing of thousands of answers that came in order', () => {
  const responses = new Responses();
  let answered = 0;
  const settle = Array.from({ length: 5000 }, () => responses.reserve());
  settle.forEach((each, i) => {
    each(() => answered++);
    expect(responses.waiting).toBe(5000 - i - 1);
  });
  expect(answered).toBe(5000);
});

it('answers nobody once it is cleared', () => {
  const responses = new Responses();
  const settle = responses.reserve();
  responses.after(() => {
    throw new Error('answered');
  });
  responses.clear();
  settle(() => undefined);
  expect(responses.waiting).toBe(0);
});
