import { parseArgs } from 'node:util';
import { cpuMicros, peakMemory, startNsqlookupd, within, type DaemonProcess } from '@nsq/e2e';
import { ask, askSteadily } from './lookupd/requests.js';
import { SimulatedNsqd } from './lookupd/simulated-nsqd.js';

const USAGE = `Usage: node tools/bench/dist/lookupd.js [options]

How nsqlookupd answers when many nsqds are registered. Prints one JSON object.

  --nodes N        simulated nsqds (default 1000)
  --topics N       topics of each (default 100)
  --channels N     channels of each topic (default 3)
  --distinct       each nsqd has topics of its own (default: all have the same, so that an answer names every nsqd)
  --rate N         /lookup requests a second (default 500)
  --duration S     seconds of them (default 10)

The environment variable NSQLOOKUPD_COMMAND names another nsqlookupd.`;

const AT_ONCE = 50; // nsqds that register side by side
const NODES_REQUESTS = 10;
const PING_EVERY_MS = 15_000;
const REGISTER_MS = 120_000;

interface Options {
  readonly nodes: number;
  readonly topics: number;
  readonly channels: number;
  readonly distinct: boolean;
  readonly rate: number;
  readonly durationMs: number;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '1000' },
      topics: { type: 'string', default: '100' },
      channels: { type: 'string', default: '3' },
      distinct: { type: 'boolean', default: false },
      rate: { type: 'string', default: '500' },
      duration: { type: 'string', default: '10' },
    },
  });
  const count = (name: 'nodes' | 'topics' | 'channels' | 'rate' | 'duration'): number => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number of at least 1`);
    return number;
  };
  return {
    nodes: count('nodes'),
    topics: count('topics'),
    channels: count('channels'),
    distinct: values.distinct,
    rate: count('rate'),
    durationMs: count('duration') * 1000,
  };
}

function topicName(node: number, topic: number, { distinct }: Options): string {
  return distinct ? `node-${node}-topic-${topic}` : `topic-${topic}`;
}

async function registerAll({ host, tcpPort }: DaemonProcess, given: Options): Promise<SimulatedNsqd[]> {
  const identityBytes = await SimulatedNsqd.identityBytes(host, tcpPort);
  const channels = Array.from({ length: given.channels }, (_, index) => `channel-${index}`);
  const all: SimulatedNsqd[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < given.nodes) {
      const node = next++;
      const nsqd = await SimulatedNsqd.connect(host, tcpPort);
      all.push(nsqd);
      const topics = Array.from({ length: given.topics }, (_, topic) => topicName(node, topic, given));
      await nsqd.register(node, { topics, channels }, identityBytes);
    }
  };
  await within(REGISTER_MS, 'registering', Promise.all(Array.from({ length: AT_ONCE }, worker)));
  return all;
}

async function measure(daemon: DaemonProcess, given: Options): Promise<Record<string, unknown>> {
  const { host, httpPort, pid } = daemon;
  const registering = performance.now();
  const nsqds = await registerAll(daemon, given);
  const registered = performance.now() - registering;
  const pings = setInterval(() => {
    for (const nsqd of nsqds) nsqd.ping().catch(() => undefined); // a lost connection shows in the count of nodes
  }, PING_EVERY_MS);
  try {
    const url = `http://${host}:${httpPort}`;
    const lookupOf = (index: number): string => {
      const topic = topicName(index % given.nodes, index % given.topics, given);
      return `${url}/lookup?topic=${topic}`;
    };
    await askSteadily(lookupOf, given.rate, 2000); // its first steps are not what is measured
    const cpuBefore = cpuMicros(pid);
    const lookup = await askSteadily(lookupOf, given.rate, given.durationMs);
    const cpu = (cpuMicros(pid) - cpuBefore) / given.durationMs / 10;
    const nodes: number[] = [];
    let nodesBytes = 0;
    for (let i = 0; i < NODES_REQUESTS; i++) {
      const start = performance.now();
      nodesBytes = await ask(`${url}/nodes`);
      nodes.push(performance.now() - start);
    }
    return {
      ...given,
      registeredMs: Math.round(registered),
      lookup: { ...lookup, cpuPercent: Math.round(cpu) },
      nodes: { bytes: nodesBytes, medianMs: nodes.sort((a, b) => a - b)[NODES_REQUESTS / 2], maxMs: nodes.at(-1) },
      peakMiB: Math.round(peakMemory(pid) / 1024 / 1024),
    };
  } finally {
    clearInterval(pings);
    for (const nsqd of nsqds) nsqd.close();
  }
}

async function main(): Promise<void> {
  const given = options();
  const daemon = await startNsqlookupd();
  try {
    process.stdout.write(`${JSON.stringify(await measure(daemon, given), null, 2)}\n`);
  } finally {
    await daemon.stop('SIGKILL');
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 1;
});
