import { randomInt } from 'node:crypto';
import { Argument, Command } from 'commander';
import { Consumer, findProducers, NsqlookupdHttpClient, type Message, type NodeOptions } from '@nsq/client';
import { addAddressOptions, resolveTargets, type AddressOptions } from '../addresses.js';
import { CliError } from '../cli-error.js';
import { clientAddresses } from '../client-addresses.js';
import { explain } from '../failure.js';
import { aborted, interruptible } from '../interrupt.js';
import { channelName, topicNames } from '../names.js';
import { integer } from '../numbers.js';
import { note } from '../output/stdout.js';
import * as format from './format.js';
import { TailOutput } from './output.js';

interface TailOptions extends AddressOptions {
  readonly channel?: string;
  readonly n?: number;
  readonly printTopic?: boolean;
  readonly json?: boolean;
  readonly maxInFlight: number;
}

const CLOSE_MS = 10_000;

/** `nsq tail` */
export function tailCommand(): Command {
  return addAddressOptions(new Command('tail'), 'lookupd')
    .description('Print the messages of topics as they come.')
    .addArgument(new Argument('<topic...>', 'names').argParser(topicNames))
    .option('--channel <name>', 'channel to read from (default: one of its own that is gone afterwards)', channelName)
    .option('-n <count>', 'end after so many messages', integer(1, 2 ** 31 - 1))
    .option('--print-topic', 'print the topic before each message')
    .option('--json', 'print one line of JSON for each: topic, id, attempts, timestamp, body')
    .option('--max-in-flight <n>', 'how many messages may be on their way at a time', integer(1, 100_000), 200)
    .addHelpText(
      'after',
      `
A channel of its own sees what is published from now on, and the last 10,000 messages (nsqd's --mem-queue-size) that wait in a topic without channels.
Messages are finished when they have been printed; with --channel they are taken away from its other consumers.
`,
    )
    .action((topics: readonly string[], options: TailOptions) => interruptible((signal) => tail([...new Set(topics)], options, signal)));
}

async function tail(topics: readonly string[], options: TailOptions, interrupted: AbortSignal): Promise<void> {
  const targets = await resolveTargets(options, 'lookupd');
  const addresses = await clientAddresses(targets, false);
  if (targets.lookupds.length > 0) await tellMissing(topics, targets.lookupds);
  if (interrupted.aborted) return;
  const channel = options.channel ?? `tail${String(randomInt(1_000_000)).padStart(6, '0')}#ephemeral`;
  const view = new TailView(options);
  const consumers = topics.map((topic) => consumerOf(topic, channel, addresses, options));
  try {
    const failed =
      addresses.nsqds === undefined ? [] : consumers.map((consumer) => unreachable(consumer, [addresses.nsqds ?? []].flat().length));
    consumers.forEach((consumer, index) => void consumer.run((message) => view.show(topics[index] ?? '', message)));
    await Promise.race([...failed, view.done, aborted(interrupted)]);
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.close({ timeout: CLOSE_MS })));
  }
}

function consumerOf(topic: string, channel: string, addresses: NodeOptions, { n = Infinity, maxInFlight }: TailOptions): Consumer {
  const consumer = new Consumer({
    ...addresses,
    topic,
    channel,
    maxInFlight: Math.min(maxInFlight, n),
    autoFinish: false,
    autoTouch: true,
    userAgent: 'nsq-tail',
  });
  consumer.on('disconnected', (address, error) => {
    if (error !== null) note(`connection to ${address} lost, trying again`);
  });
  return consumer;
}

/** Rejects when none of the nsqds that were named can be reached at the start; tells of each that cannot. */
function unreachable(consumer: Consumer, nsqds: number): Promise<never> {
  const failed = new Set<string>();
  let connected = false;
  consumer.on('connected', (address) => {
    connected = true;
    failed.delete(address);
  });
  return new Promise((_, reject) => {
    consumer.on('connectFailed', (address, error) => {
      if (failed.has(address)) return;
      failed.add(address);
      if (!connected && failed.size === nsqds) reject(new CliError(explain(error)));
      else if (nsqds > 1) note(`${explain(error)}; trying again`);
    });
  });
}

/** Says what is waited for. */
async function tellMissing(topics: readonly string[], lookupds: readonly string[]): Promise<void> {
  const clients = lookupds.map((address) => new NsqlookupdHttpClient(address));
  for (const topic of topics) {
    const { producers } = await findProducers(clients, topic);
    if (producers.size === 0) note(`no nsqd has topic ${topic} yet; waiting for it`);
  }
}

/** Prints messages, and finishes them when they have been printed. */
class TailView {
  /** Resolves when as many have been printed as were asked for. */
  readonly done: Promise<void>;
  readonly #format: format.Format;
  readonly #output = new TailOutput();
  #resolveDone: () => void = () => undefined;
  #left: number; // to be printed
  #unwritten: number; // of all that were asked for

  constructor({ n = Infinity, json = false, printTopic = false }: TailOptions) {
    this.#format = json ? format.json : printTopic ? format.withTopic : format.plain;
    this.#left = n;
    this.#unwritten = n;
    this.done = new Promise((resolve) => (this.#resolveDone = resolve));
  }

  async show(topic: string, message: Message): Promise<void> {
    if (this.#left <= 0) {
      message.requeue(0, { backoff: false });
      return;
    }
    this.#left--;
    if (!(await this.#output.write(...this.#format(topic, message)))) {
      message.requeue(0, { backoff: false });
      return;
    }
    message.finish();
    if (--this.#unwritten <= 0) this.#resolveDone();
  }
}
