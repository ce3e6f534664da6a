import { encodePub } from '@nsq/protocol';
import { PubRun } from './pub-run.js';

const LINE_BYTES = 'PUB t\n'.length;

/** Feeds PUBs to a run as the reader would. How many it took before it refused one. */
function feed(run: PubRun, bodies: readonly string[], filler = ''): number {
  const commands = bodies.map((body) => encodePub('t', Buffer.from(body)));
  const bytes = Buffer.concat(commands.flatMap((command, i) => (i === 2 ? [Buffer.from(filler), command] : [command])));
  let at = 0;
  for (const [i, body] of bodies.entries()) {
    if (i === 2) at += filler.length;
    at += LINE_BYTES;
    if (!run.add('t', bytes, at, body.length)) return i;
    at += 4 + body.length;
  }
  return bodies.length;
}

it('joins PUBs that follow on each other, whatever their sizes', () => {
  const run = new PubRun();
  expect(feed(run, ['a', 'bcd', 'e'.repeat(100)])).toBe(3);
  expect([run.count, run.gap, run.at]).toEqual([3, LINE_BYTES, LINE_BYTES]);
  expect(run.end - run.at).toBe(3 * 4 + 104 + 2 * LINE_BYTES);
});

it('ends where the gap differs', () => {
  const run = new PubRun();
  expect(feed(run, ['a', 'b', 'c'], 'NOP\n')).toBe(2);
  expect(run.count).toBe(2);
});

it('ends with the topic, and with the chunk', () => {
  const run = new PubRun();
  const bytes = Buffer.alloc(100);
  expect(run.add('t', bytes, 10, 1)).toBe(true);
  expect(run.add('u', bytes, 20, 1)).toBe(false);
  expect(run.add('t', Buffer.alloc(100), 20, 1)).toBe(false);
  run.clear();
  expect(run.add('u', bytes, 20, 1)).toBe(true);
  expect([run.topic, run.count, run.gap]).toEqual(['u', 1, 0]);
});
