import { createTopic, type NsqdProcess } from '@nsq/e2e';
import { bodiesOf, seenOf } from '../bodies.js';
import { same } from '../expect.js';
import { tcpAddress, type Stage } from '../stage.js';
import { CHANNEL, CHECK, TOPIC, type Scenario } from './scenario.js';

const COUNT = 200;
const SIZE = 200;
/** Some libraries wait for 15 s before they connect again. */
const DEADLINE_MS = 45_000;

/** Stops a daemon cleanly and starts it again with the same ports and folder. */
async function restart(stage: Stage, nsqd: NsqdProcess, dataPath: string): Promise<NsqdProcess> {
  await stage.stop(nsqd);
  return stage.nsqd([`--tcp-address=${tcpAddress(nsqd)}`, `--http-address=${nsqd.host}:${nsqd.httpPort}`], dataPath);
}

export const publishOn: Scenario = {
  name: 'publish-restart',
  title: 'publish over a restart of nsqd',
  checked: `${COUNT} bodies, nsqd is restarted half-way: the same producer goes on and every body arrives (a refused one is tried again)`,
  async run(stage) {
    const dataPath = await stage.folder();
    const nsqd = await stage.nsqd([], dataPath);
    await createTopic(nsqd, TOPIC, [CHECK]);
    const publishing = stage.run('persist', { nsqd: tcpAddress(nsqd), topic: TOPIC, count: COUNT, pauseMs: 10, deadlineMs: DEADLINE_MS });
    const failed = publishing.then(() => undefined);
    const begun = stage.until('some published', async () => {
      const { message_count = 0 } = (await stage.channel(nsqd, TOPIC, CHECK)) ?? {};
      return message_count >= COUNT / 4 ? true : undefined;
    });
    await Promise.race([begun, failed]);
    await begun;
    const again = await restart(stage, nsqd, dataPath);
    await publishing;
    // What was on its way at the end of the first nsqd may have been sent twice.
    const { received, digest } = await stage.read(again, TOPIC, CHECK, COUNT);
    const expected = seenOf(bodiesOf(0, COUNT, SIZE));
    same('bodies', { received, digest }, { received: expected.received, digest: expected.digest });
  },
};

export const consumeOn: Scenario = {
  name: 'consume-restart',
  title: 'consume over a restart of nsqd',
  checked: `${COUNT} bodies, nsqd is restarted half-way: the same consumer gets the other half`,
  async run(stage) {
    const dataPath = await stage.folder();
    const nsqd = await stage.nsqd([], dataPath);
    await createTopic(nsqd, TOPIC, [CHANNEL]);
    const bodies = bodiesOf(0, COUNT, SIZE);
    const consuming = stage.run('consume', {
      nsqd: tcpAddress(nsqd),
      topic: TOPIC,
      channel: CHANNEL,
      count: COUNT,
      deadlineMs: DEADLINE_MS,
    });
    await stage.publish(nsqd, TOPIC, bodies.slice(0, COUNT / 2));
    await Promise.race([stage.settled(nsqd, TOPIC, CHANNEL), consuming]);
    const again = await restart(stage, nsqd, dataPath);
    await stage.publish(again, TOPIC, bodies.slice(COUNT / 2));
    const { received, digest } = await consuming;
    const expected = seenOf(bodies);
    same('bodies', { received, digest }, { received: expected.received, digest: expected.digest });
    await stage.settled(again, TOPIC, CHANNEL);
  },
};
