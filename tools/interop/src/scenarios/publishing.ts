import { createTopic } from '@nsq/e2e';
import { bodiesOf, seenOf } from '../bodies.js';
import { holds, same } from '../expect.js';
import { tcpAddress } from '../stage.js';
import { CHECK, TOPIC, type Scenario } from './scenario.js';

const COUNT = 500;
const SIZE = 2000;
const BATCH = 100;

export const publish: Scenario = {
  name: 'publish',
  title: 'publish (PUB)',
  checked: `${COUNT} bodies one by one, read back`,
  async run(stage) {
    const nsqd = await stage.nsqd();
    await createTopic(nsqd, TOPIC, [CHECK]);
    await stage.run('publish', { nsqd: tcpAddress(nsqd), topic: TOPIC, count: COUNT, size: SIZE });
    same('bodies', await stage.read(nsqd, TOPIC, CHECK, COUNT), seenOf(bodiesOf(0, COUNT, SIZE)));
  },
};

export const mpub: Scenario = {
  name: 'mpub',
  title: 'several at once (MPUB)',
  checked: `${COUNT} bodies, ${BATCH} in each command, read back`,
  async run(stage) {
    const nsqd = await stage.nsqd();
    await createTopic(nsqd, TOPIC, [CHECK]);
    await stage.run('mpub', { nsqd: tcpAddress(nsqd), topic: TOPIC, count: COUNT, size: SIZE, batch: BATCH });
    same('bodies', await stage.read(nsqd, TOPIC, CHECK, COUNT), seenOf(bodiesOf(0, COUNT, SIZE)));
  },
};

const DEFERRED = 20;
const DELAY_MS = 1500;
/** A message's time is of nsqd's clock in nanoseconds, its arrival of ours in whole milliseconds. */
const CLOCK_MS = 2;

export const deferred: Scenario = {
  name: 'defer',
  title: 'deferred publish (DPUB)',
  checked: `${DEFERRED} bodies, deferred by ${DELAY_MS} ms: none comes earlier`,
  async run(stage) {
    const nsqd = await stage.nsqd();
    await createTopic(nsqd, TOPIC, [CHECK]);
    const early: number[] = [];
    const reading = stage.read(nsqd, TOPIC, CHECK, DEFERRED, ({ date }) => {
      const age = Date.now() - date.getTime();
      if (age < DELAY_MS - CLOCK_MS) early.push(age);
    });
    await Promise.all([reading, stage.run('defer', { nsqd: tcpAddress(nsqd), topic: TOPIC, count: DEFERRED, delayMs: DELAY_MS })]);
    same('bodies', await reading, seenOf(bodiesOf(0, DEFERRED, 200)));
    holds(`none early: ${early.join(', ')} ms`, early.length === 0);
  },
};
