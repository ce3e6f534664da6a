import { createTopic } from '../src/index.js';
import { closeClients, connectWriter, publish, Readers } from './clients.js';
import { Daemons, settled } from './daemon.js';
import { batchesOf, numberedLines } from './lines.js';
import { Tally } from './tally.js';

const daemons = new Daemons();
const lines = numberedLines();
const CHANNELS = ['live', 'sleeping'] as const;

afterEach(async () => {
  closeClients();
  await daemons.end();
});

it.each([
  ['a queue in memory', []],
  ['a queue mostly on disk', ['--mem-queue-size=100']],
])(
  'loses nothing when it is stopped half-way and started again on the same folder: %s',
  async (_, flags) => {
    const folder = await daemons.folder();
    const tallies = { live: new Tally(), sleeping: new Tally() };
    const batches = batchesOf(100, lines);

    // Only one channel is consumed before the stop, and publishing goes on into it.
    const before = await daemons.start(folder, ...flags);
    await createTopic(before, 'lines', CHANNELS);
    const earlyReaders = new Readers(before, 'lines');
    await earlyReaders.add('live', (message) => {
      tallies.live.add(message.body.toString());
      message.finish();
    });
    const writer = await connectWriter(before);
    const half = Math.floor(batches.length / 2);
    for (const batch of batches.slice(0, half)) await publish(writer, 'lines', batch);
    await tallies.live.reach(lines.length / 4, 20_000);
    const underWay = Promise.allSettled(batches.slice(half).map((batch) => publish(writer, 'lines', batch)));
    expect(await before.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    const outcomes = await underWay;

    // What was not acknowledged is the publisher's to send again; what was must be there.
    const after = await daemons.start(folder, ...flags);
    const secondWriter = await connectWriter(after);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') await publish(secondWriter, 'lines', batches[half + index] ?? []);
    }
    const lateReaders = new Readers(after, 'lines');
    for (const channel of CHANNELS) {
      for (let each = 0; each < 2; each++) {
        await lateReaders.add(channel, (message) => {
          tallies[channel].add(message.body.toString());
          message.finish();
        });
      }
    }
    for (const channel of CHANNELS) {
      await tallies[channel].reach(lines.length, 30_000);
      await settled(after, 'lines', channel);
      expect(tallies[channel].missing(lines)).toEqual([]);
    }
    expect(lateReaders.errors).toEqual([]);
    expect(await after.stop('SIGTERM')).toEqual({ code: 0, signal: null });
  },
  60_000,
);
