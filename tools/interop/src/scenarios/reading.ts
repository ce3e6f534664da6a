import { Consumer, NsqdHttpClient, type Message } from '@nsq/client';
import { createTopic, type DaemonProcess, type NsqdProcess } from '@nsq/e2e';
import { bodiesOf } from '../bodies.js';
import { holds, same } from '../expect.js';
import { httpAddress, tcpAddress, type Stage } from '../stage.js';
import { CHANNEL, TOPIC, type Scenario } from './scenario.js';

const DEPTHS = [30, 12] as const;
const IN_FLIGHT = 5;

interface Cluster {
  readonly nsqds: readonly [NsqdProcess, NsqdProcess];
  readonly lookupd: DaemonProcess;
}

/** Two nsqds with messages on one channel, registered with an nsqlookupd. */
async function cluster(stage: Stage): Promise<Cluster> {
  const lookupd = await stage.nsqlookupd();
  const flags = [`--lookupd-tcp-address=${tcpAddress(lookupd)}`, '--e2e-processing-latency-percentile=0.99,0.5'];
  const nsqds: readonly [NsqdProcess, NsqdProcess] = [await stage.nsqd(flags), await stage.nsqd(flags)];
  for (const [index, nsqd] of nsqds.entries()) {
    await createTopic(nsqd, TOPIC, [CHANNEL]);
    await stage.publish(nsqd, TOPIC, bodiesOf(0, DEPTHS[index] ?? 0, 100));
    await stage.until('messages on the channel', async () => {
      const { depth } = (await stage.channel(nsqd, TOPIC, CHANNEL)) ?? {};
      return depth === DEPTHS[index] ? true : undefined;
    });
  }
  await stage.registered(lookupd, TOPIC, nsqds.length);
  return { nsqds, lookupd };
}

const parametersOf = ({ nsqds, lookupd }: Cluster) => ({
  nsqds: nsqds.map(httpAddress),
  lookupds: [httpAddress(lookupd)],
  topic: TOPIC,
  channel: CHANNEL,
  count: 0,
});

const depth: Scenario = {
  name: 'depth',
  title: 'depth of a channel, for scaling',
  checked:
    'nsqlookupd is asked for the nsqds of a topic, and they for its channel: depths add up; a paused channel, one that does not exist and an unknown topic are told apart',
  async run(stage) {
    const all = await cluster(stage);
    const parameters = parametersOf(all);
    const ask = (changes: object) => stage.run('depth', { ...parameters, ...changes });
    const sum = DEPTHS[0] + DEPTHS[1];
    same('depth', await ask({}), { nsqds: 2, depth: sum });
    same('depth without the channel', await ask({ channel: 'absent' }), { nsqds: 2, depth: 0 });
    same('depth of an unknown topic', await ask({ topic: 'absent' }), { nsqds: 0, depth: 0 });
    await new NsqdHttpClient(parameters.nsqds[1] ?? '').pauseChannel(TOPIC, CHANNEL);
    same('depth with a paused channel', await ask({}), { nsqds: 2, depth: DEPTHS[0] });
  },
};

interface Measurement {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, unknown>>;
}

const stats: Scenario = {
  name: 'stats',
  title: '/stats, for monitoring',
  checked:
    'all numbers of an nsqd, a topic, a channel and a client that Telegraf collects, as Datadog and others do, from `/stats?format=json`',
  async run(stage) {
    const all = await cluster(stage);
    const [nsqd] = all.nsqds;
    const held: Message[] = [];
    const consumer = new Consumer({ topic: TOPIC, channel: CHANNEL, nsqds: tcpAddress(nsqd), maxInFlight: IN_FLIGHT, clientId: 'holder' });
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    stage.atEnd(async () => {
      release();
      await consumer.close();
    });
    consumer
      .run((message) => {
        held.push(message);
        return released;
      })
      .catch(() => undefined);
    await stage.until('messages in flight', async () => {
      const { in_flight_count } = (await stage.channel(nsqd, TOPIC, CHANNEL)) ?? {};
      return in_flight_count === IN_FLIGHT ? true : undefined;
    });
    const { measurements } = (await stage.run('stats', parametersOf(all))) as { measurements: readonly Measurement[] };
    const fields = Object.fromEntries(measurements.map((one) => [one.name, one.fields]));
    const total = DEPTHS[0];
    same('nsq_server', fields['nsq_server'], { server_count: 1, topic_count: 1 });
    same('nsq_topic', fields['nsq_topic'], { depth: 0, backend_depth: 0, message_count: total, channel_count: 1 });
    const counts = { message_count: total, requeue_count: 0, timeout_count: 0, deferred_count: 0, client_count: 1 };
    same('nsq_channel', fields['nsq_channel'], { depth: total - IN_FLIGHT, backend_depth: 0, inflight_count: IN_FLIGHT, ...counts });
    const client = { ready_count: IN_FLIGHT, inflight_count: IN_FLIGHT, message_count: IN_FLIGHT, finish_count: 0, requeue_count: 0 };
    same('nsq_client', fields['nsq_client'], client);
    const tags = measurements.find(({ name }) => name === 'nsq_client')?.tags ?? {};
    same('tags', [tags['topic'], tags['channel'], tags['client_id'], tags['client_tls']], [TOPIC, CHANNEL, 'holder', 'false']);
  },
};

interface Page {
  readonly families: number;
  readonly problems: readonly string[];
  readonly depth: number;
}

const metrics: Scenario = {
  name: 'metrics',
  title: '/metrics, for Prometheus',
  checked: 'the pages of two nsqds and an nsqlookupd parse without a complaint and have the depth of the channel',
  async run(stage) {
    const { pages } = (await stage.run('metrics', parametersOf(await cluster(stage)))) as { pages: readonly Page[] };
    same(
      'complaints',
      pages.map(({ problems }) => problems),
      [[], [], []],
    );
    same(
      'depths',
      pages.map((page) => page.depth),
      [...DEPTHS, -1],
    );
    holds(
      'metrics on each page',
      pages.every(({ families }) => families > 5),
    );
  },
};

/** What programs that read the HTTP APIs do. */
export const readerScenarios: readonly Scenario[] = [depth, stats, metrics];
