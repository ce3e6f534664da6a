import { createTopic } from '@nsq/e2e';
import { bodiesOf, seenOf } from '../bodies.js';
import { same } from '../expect.js';
import { tcpAddress } from '../stage.js';
import { CHANNEL, CHECK, TOPIC, type Scenario } from './scenario.js';

const COUNT = 100_000;
const SIZE = 200;
const DEADLINE_MS = 120_000;

export const volume: Scenario = {
  name: 'volume',
  title: '100,000 messages',
  checked: 'published in batches of 500 and consumed; all contents checked on both sides, each delivered once',
  async run(stage) {
    const nsqd = await stage.nsqd(['--mem-queue-size=200000']);
    await createTopic(nsqd, TOPIC, [CHANNEL, CHECK]);
    const parameters = { nsqd: tcpAddress(nsqd), topic: TOPIC, count: COUNT, size: SIZE, deadlineMs: DEADLINE_MS };
    await stage.run('mpub', { ...parameters, batch: 500 });
    const expected = seenOf(bodiesOf(0, COUNT, SIZE));
    same('published bodies', await stage.read(nsqd, TOPIC, CHECK, COUNT), expected);
    const { maxAttempts, ...seen } = await stage.run('consume', { ...parameters, channel: CHANNEL, maxInFlight: 500 });
    same('consumed bodies', seen, expected);
    same('attempts', maxAttempts, 1);
    const { requeue_count, timeout_count } = await stage.settled(nsqd, TOPIC, CHANNEL);
    same('channel', { requeue_count, timeout_count }, { requeue_count: 0, timeout_count: 0 });
  },
};
