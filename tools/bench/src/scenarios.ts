import { diskScenario } from './disk.js';
import { libraryConsume, libraryPublish } from './libraries.js';
import { LAYERS, type Layer } from './load/job.js';
import { CHANNEL, type Measurement, type Run } from './run.js';
import { statsScenario } from './stats-stall.js';

/** Something to measure. */
export interface Scenario {
  /** One line for `--help`. */
  readonly help: string;
  /** The scenario that it is laid beside, for ratios. */
  readonly base?: string;
  /** The daemon needs a certificate. */
  readonly tls?: boolean;
  /** Nothing goes through a daemon before. @default false */
  readonly cold?: boolean;
  readonly run: (run: Run) => Promise<Measurement>;
}

const IDLE = 5000;
const TEN_CHANNELS = Array.from({ length: 10 }, (_, index) => `channel-${index}`);
const LAYERED = LAYERS.filter((layer) => layer !== 'plain');

/** Sends messages through the daemon and back, so that what is measured is not its first steps. */
export async function warmUp(run: Run, messages: number): Promise<void> {
  if (messages === 0) return;
  const where = await run.topic('warm-up', [CHANNEL]);
  await run.load(run.publishJob(where, messages), run.consumeJob(where, messages));
  await run.deleteTopics();
}

async function mpubIn(run: Run, messages: number, channels: readonly string[], layer?: Layer): Promise<Measurement> {
  const where = await run.topic('mpub', channels);
  return run.measure(run.publishJob(where, run.options.messages ?? messages, layer));
}

async function subOut(run: Run, layer?: Layer): Promise<Measurement> {
  const messages = run.options.messages ?? 1_000_000;
  const where = await run.topic('sub', [CHANNEL]);
  await run.load(run.publishJob(where, messages));
  const measurement = await run.measure(run.consumeJob(where, messages, layer));
  await run.settled(where.topic);
  return measurement;
}

async function both(run: Run): Promise<Measurement> {
  const messages = run.options.messages ?? 2_000_000;
  const where = await run.topic('both', [CHANNEL]);
  const measurement = await run.measure(run.publishJob(where, messages), run.consumeJob(where, messages));
  await run.settled(where.topic);
  return measurement;
}

async function pubOne(run: Run, connections: number): Promise<Measurement> {
  const { bodyBytes, durationMs } = run.options;
  const where = await run.topic('pub', [CHANNEL]);
  return run.measure({ kind: 'publish-one', ...where, bodyBytes, connections, durationMs: durationMs ?? 5_000 });
}

async function latency(run: Run): Promise<Measurement> {
  const { bodyBytes, durationMs } = run.options;
  const where = await run.topic('latency', [CHANNEL]);
  return run.measure({
    kind: 'latency',
    ...where,
    channel: CHANNEL,
    bodyBytes,
    rdy: 100,
    perSecond: 200,
    durationMs: durationMs ?? 10_000,
  });
}

function idle(run: Run): Promise<Measurement> {
  const { host, tcpPort } = run.target;
  return run.measure({ kind: 'idle', host, port: tcpPort, topic: '', connections: IDLE, durationMs: run.options.durationMs ?? 60_000 });
}

const pubOneOf = (connections: number): [string, Scenario] => [
  `pub-one-${connections}`,
  { help: `PUB, wait for the OK, PUB again, on ${connections} connections for 5 s`, run: (run) => pubOne(run, connections) },
];

const layered = (name: string, help: string, run: (run: Run, layer: Layer) => Promise<Measurement>): [string, Scenario][] =>
  LAYERED.map((layer) => [
    `${name}-${layer}`,
    { help: `${help} through ${layer}`, base: name, tls: layer === 'tls', run: (each) => run(each, layer) },
  ]);

/** All scenarios, by the name the command line takes. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map<string, Scenario>([
  ['mpub-in', { help: 'MPUB of 3 million messages into a topic without channels', run: (run) => mpubIn(run, 3_000_000, []) }],
  ['sub-out', { help: 'SUB with RDY 2500 and FIN, of 1 million messages that are there already', run: (run) => subOut(run) }],
  ['both', { help: '2 million messages by MPUB and out through one channel, at once', run: both }],
  pubOneOf(1),
  pubOneOf(16),
  pubOneOf(100),
  ['latency', { help: '200 messages a second for 10 s by PUB, timed until they are received', run: latency }],
  [
    'mpub-10ch',
    {
      help: 'MPUB of 1 million messages into a topic with 10 channels that nobody consumes',
      run: (run) => mpubIn(run, 1_000_000, TEN_CHANNELS),
    },
  ],
  [
    'client-pub',
    { help: 'single publishes through @nsq/client, 2,000 unanswered at a time', run: (run) => libraryPublish(run, '@nsq/client') },
  ],
  ['nsqjs-pub', { help: 'the same through nsqjs', base: 'client-pub', run: (run) => libraryPublish(run, 'nsqjs') }],
  [
    'client-sub',
    { help: 'messages received and finished through @nsq/client, RDY 2500', run: (run) => libraryConsume(run, '@nsq/client') },
  ],
  ['nsqjs-sub', { help: 'the same through nsqjs', base: 'client-sub', run: (run) => libraryConsume(run, 'nsqjs') }],
  ...layered('mpub-in', 'mpub-in', (run, layer) => mpubIn(run, 3_000_000, [], layer)),
  ...layered('sub-out', 'sub-out', subOut),
  [
    'stats-json',
    {
      help: '/stats?format=json of 1,000 topics with 10 channels each, beside a stream of messages',
      run: statsScenario('/stats?format=json'),
    },
  ],
  ['stats-text', { help: '/stats as text, the same', run: statsScenario('/stats') }],
  ['metrics', { help: '/metrics, the same', run: statsScenario('/metrics') }],
  ['idle-5000', { help: '5,000 idle connections with heartbeats each 30 s, for 60 s', run: idle }],
  ['fdatasync-4k', { help: 'no daemon: append 4 KiB to a file and fdatasync it, 300 times', cold: true, run: diskScenario(4 * 1024) }],
  ['fdatasync-128k', { help: 'no daemon: the same with 128 KiB', cold: true, run: diskScenario(128 * 1024) }],
]);

/** Names for several scenarios. */
export const groups: ReadonlyMap<string, readonly string[]> = new Map([
  ['layers', ['mpub-in', 'sub-out'].flatMap((name) => [name, ...LAYERED.map((layer) => `${name}-${layer}`)])],
  ['libraries', ['client-pub', 'nsqjs-pub', 'client-sub', 'nsqjs-sub']],
  ['stats-stall', ['stats-json', 'stats-text', 'metrics']],
  ['fdatasync', ['fdatasync-4k', 'fdatasync-128k']],
]);
