import fc from 'fast-check';
import { Message } from './message.js';
import { TimingWheel } from './timing-wheel.js';

/** A tick of the finest wheel. Milliseconds. */
const TICK_MS = 10;

function messageAt(wakeAt: number): Message {
  const message = new Message();
  message.wakeAt = wakeAt;
  return message;
}

const delay = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 6_000 }), fc.integer({ min: 0, max: 4_000_000 }));

it('gives each message back once its time has come, neither before nor later than the next look, also those that come in meanwhile', () => {
  const step = fc.record({ add: fc.array(delay, { maxLength: 5 }), again: fc.array(delay, { maxLength: 3 }), wait: delay });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000 }), fc.array(step, { maxLength: 15 }), (start, steps) => {
      let now = start;
      const wheel = new TimingWheel(now);
      const waiting = new Set<Message>();
      const add = (wakeAt: number): void => {
        const message = messageAt(wakeAt);
        waiting.add(message);
        wheel.add(message);
      };
      for (const { add: delays, again, wait } of steps) {
        for (const ms of delays) add(now + ms);
        now += wait;
        const later = again.map((ms) => now + TICK_MS + ms);
        while (
          wheel.advance(now, 7, (message) => {
            expect(message.wakeAt).toBeLessThanOrEqual(now);
            expect(waiting.delete(message)).toBe(true);
            for (const wakeAt of later.splice(0)) add(wakeAt);
          })
        );
        for (const { wakeAt } of waiting) expect(wakeAt).toBeGreaterThan(now - TICK_MS);
        expect(wheel.size).toBe(waiting.size);
      }
    }),
    { numRuns: 60 },
  );
});

it('files two messages of one time alike, though the wheel has turned in between', () => {
  const wheel = new TimingWheel(0);
  const wakeAt = 10_300;
  const added: Message[] = [];
  for (const due of [5_110, 10_250]) wheel.add(messageAt(due));
  // One late look: the coarse slot of the time is taken apart between the two.
  wheel.advance(10_260, 100, () => {
    const message = messageAt(wakeAt);
    added.push(message);
    wheel.add(message);
  });
  const back: Message[] = [];
  wheel.advance(wakeAt, 100, (message) => back.push(message));
  expect(back).toEqual(added);
  expect(wheel.size).toBe(0);
});

it('lets go of a message that is taken out', () => {
  const wheel = new TimingWheel(0);
  const [kept, removed] = [messageAt(50), messageAt(50)];
  wheel.add(kept);
  wheel.add(removed);
  wheel.remove(removed);
  const back: Message[] = [];
  wheel.advance(1000, 100, (message) => back.push(message));
  expect(back).toEqual([kept]);
});
