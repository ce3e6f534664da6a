import { createTopic } from '@nsq/e2e';
import { bodiesOf, seenOf } from '../bodies.js';
import { holds, same } from '../expect.js';
import { httpAddress, tcpAddress } from '../stage.js';
import { CHANNEL, TOPIC, type Scenario } from './scenario.js';

const COUNT = 500;
const SIZE = 2000;

export const consume: Scenario = {
  name: 'consume',
  title: 'consume (SUB, RDY, FIN)',
  checked: `${COUNT} bodies, each delivered and finished once`,
  async run(stage) {
    const nsqd = await stage.nsqd();
    await createTopic(nsqd, TOPIC, [CHANNEL]);
    const bodies = bodiesOf(0, COUNT, SIZE);
    await stage.publish(nsqd, TOPIC, bodies);
    const { maxAttempts, ...seen } = await stage.run('consume', { nsqd: tcpAddress(nsqd), topic: TOPIC, channel: CHANNEL, count: COUNT });
    same('bodies', seen, seenOf(bodies));
    same('attempts', maxAttempts, 1);
    const { message_count, requeue_count, timeout_count } = await stage.settled(nsqd, TOPIC, CHANNEL);
    same('channel', { message_count, requeue_count, timeout_count }, { message_count: COUNT, requeue_count: 0, timeout_count: 0 });
  },
};

const FEW = 20;

/** Each message is answered by REQ first, or not at all, and by FIN when it comes again. */
async function twice(
  stage: Parameters<Scenario['run']>[0],
  action: 'requeue' | 'timeout',
  flags: readonly string[],
  settings: object,
): Promise<void> {
  const nsqd = await stage.nsqd(flags);
  await createTopic(nsqd, TOPIC, [CHANNEL]);
  const bodies = bodiesOf(0, FEW, SIZE);
  await stage.publish(nsqd, TOPIC, bodies);
  const parameters = { nsqd: tcpAddress(nsqd), topic: TOPIC, channel: CHANNEL, count: FEW, ...settings };
  const { maxAttempts, ...seen } = await stage.run(action, parameters);
  same('bodies', seen, { ...seenOf(bodies), deliveries: 2 * FEW });
  same('attempts', maxAttempts, 2);
  const { requeue_count, timeout_count } = await stage.settled(nsqd, TOPIC, CHANNEL);
  const expected = action === 'requeue' ? { requeue_count: FEW, timeout_count: 0 } : { requeue_count: 0, timeout_count: FEW };
  same('channel', { requeue_count, timeout_count }, expected);
}

export const requeue: Scenario = {
  name: 'requeue',
  title: 'requeue with a delay (REQ)',
  checked: `${FEW} messages, each put back once for 300 ms; nsqd counts as many`,
  run: (stage) => twice(stage, 'requeue', [], { delayMs: 300 }),
};

const TIMEOUT_MS = 1500;

export const timeout: Scenario = {
  name: 'timeout',
  title: 'message timeout',
  checked: `${FEW} messages that are not answered come again after ${TIMEOUT_MS} ms; nsqd counts as many`,
  run: (stage) => twice(stage, 'timeout', [`--msg-timeout=${TIMEOUT_MS}ms`], { msgTimeoutMs: TIMEOUT_MS }),
};

const HELD = 5;
const HOLD_MS = 6000;
/** More than the other one: a busy machine may be late with a TOUCH. */
const TOUCHED_MS = 2500;

export const touch: Scenario = {
  name: 'touch',
  title: 'touch (TOUCH)',
  checked: `${HELD} messages held for ${HOLD_MS} ms with a timeout of ${TOUCHED_MS} ms: none times out`,
  async run(stage) {
    const nsqd = await stage.nsqd([`--msg-timeout=${TOUCHED_MS}ms`]);
    await createTopic(nsqd, TOPIC, [CHANNEL]);
    const bodies = bodiesOf(0, HELD, SIZE);
    await stage.publish(nsqd, TOPIC, bodies);
    const started = Date.now();
    const { maxAttempts, ...seen } = await stage.run('touch', {
      nsqd: tcpAddress(nsqd),
      topic: TOPIC,
      channel: CHANNEL,
      count: HELD,
      maxInFlight: 1 + HELD,
      msgTimeoutMs: TOUCHED_MS,
      holdMs: HOLD_MS,
      touchMs: 400,
    });
    holds('held long enough', Date.now() - started >= HOLD_MS);
    same('bodies', seen, seenOf(bodies));
    same('attempts', maxAttempts, 1);
    const { requeue_count, timeout_count } = await stage.settled(nsqd, TOPIC, CHANNEL);
    same('channel', { requeue_count, timeout_count }, { requeue_count: 0, timeout_count: 0 });
  },
};

export const discovery: Scenario = {
  name: 'discovery',
  title: 'discovery through nsqlookupd',
  checked: `${COUNT} bodies spread over two nsqds, found by asking nsqlookupd alone`,
  async run(stage) {
    const lookupd = await stage.nsqlookupd();
    const flags = [`--lookupd-tcp-address=${tcpAddress(lookupd)}`];
    const nsqds = [await stage.nsqd(flags), await stage.nsqd(flags)];
    const bodies = bodiesOf(0, COUNT, SIZE);
    for (const [at, nsqd] of nsqds.entries()) {
      await createTopic(nsqd, TOPIC, [CHANNEL]);
      await stage.publish(
        nsqd,
        TOPIC,
        bodies.filter((_, index) => index % nsqds.length === at),
      );
    }
    await stage.registered(lookupd, TOPIC, nsqds.length);
    const { maxAttempts, ...seen } = await stage.run('consume', {
      lookupds: [httpAddress(lookupd)],
      topic: TOPIC,
      channel: CHANNEL,
      count: COUNT,
    });
    same('bodies', seen, seenOf(bodies));
    same('attempts', maxAttempts, 1);
    for (const nsqd of nsqds) await stage.settled(nsqd, TOPIC, CHANNEL);
  },
};
