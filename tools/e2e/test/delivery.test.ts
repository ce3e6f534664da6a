import { createTopic } from '../src/index.js';
import { closeClients, connectWriter, kill, publish, Readers } from './clients.js';
import { Daemons, settled } from './daemon.js';
import { batchesOf, numberedLines } from './lines.js';
import { Tally } from './tally.js';

const daemons = new Daemons();
const lines = numberedLines();

afterEach(async () => {
  closeClients();
  await daemons.end();
});

it('delivers each line exactly once on each channel, however many consumers share it', async () => {
  const nsqd = await daemons.start(await daemons.folder());
  const readers = new Readers(nsqd, 'lines');
  const tallies = new Map([
    ['archive', new Tally()],
    ['index', new Tally()],
  ]);
  await createTopic(nsqd, 'lines', [...tallies.keys()]);
  for (const [channel, tally] of tallies) {
    for (let each = 0; each < 3; each++) {
      await readers.add(channel, (message) => {
        tally.add(message.body.toString());
        message.finish();
      });
    }
  }

  const writer = await connectWriter(nsqd);
  const [single, batched] = [lines.slice(0, 1000), lines.slice(1000)];
  await Promise.all(single.map((line) => publish(writer, 'lines', line)));
  await Promise.all(batchesOf(100, batched).map((batch) => publish(writer, 'lines', batch)));

  for (const [channel, tally] of tallies) {
    await tally.reach(lines.length, 30_000);
    const stats = await settled(nsqd, 'lines', channel);
    expect(stats).toMatchObject({ message_count: lines.length, requeue_count: 0, timeout_count: 0 });
    expect(tally.unique).toBe(lines.length);
    expect(tally.missing(lines)).toEqual([]);
    expect(tally.repeated).toEqual([]);
  }
  expect(readers.errors).toEqual([]);
  expect(await nsqd.stop()).toEqual({ code: 0, signal: null });
}, 60_000);

it('loses nothing when consumers die with messages in their hands', async () => {
  const nsqd = await daemons.start(await daemons.folder());
  const readers = new Readers(nsqd, 'lines');
  const finished = new Tally();
  const held: Tally[] = [];
  const HELD_BY_EACH = 50;
  await createTopic(nsqd, 'lines', ['work']);

  const writer = await connectWriter(nsqd);
  await Promise.all(batchesOf(200, lines).map((batch) => publish(writer, 'lines', batch)));

  // Each of these works for a while, then stops answering and is cut off with HELD_BY_EACH messages in flight.
  for (let each = 0; each < 3; each++) {
    let answered = 0;
    const hands = new Tally();
    const victim = await readers.add(
      'work',
      (message) => {
        if (answered++ < 1000) {
          finished.add(message.body.toString());
          message.finish();
        } else {
          hands.add(message.body.toString());
        }
      },
      { maxInFlight: HELD_BY_EACH, messageTimeout: 1000 },
    );
    await hands.reach(HELD_BY_EACH, 20_000);
    kill(victim);
    held.push(hands);
  }

  const redelivered = new Tally();
  for (let each = 0; each < 2; each++) {
    await readers.add('work', (message) => {
      finished.add(message.body.toString());
      if (message.attempts > 1) redelivered.add(message.body.toString());
      message.finish();
    });
  }
  await finished.reach(lines.length, 30_000);
  const stats = await settled(nsqd, 'lines', 'work');

  expect(finished.missing(lines)).toEqual([]);
  expect(redelivered.missing(lines.filter((line) => held.some((hands) => hands.has(line))))).toEqual([]);
  expect(stats.timeout_count).toBeGreaterThanOrEqual(3 * HELD_BY_EACH);
  expect(readers.errors).toEqual([]);
}, 60_000);
