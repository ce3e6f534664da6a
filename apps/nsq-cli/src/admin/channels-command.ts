import { Argument, Command } from 'commander';
import type { Verb } from '../cluster/actions.js';
import { atAll, Cluster } from '../cluster/cluster.js';
import { channelNames, topicName } from '../names.js';
import { actOnAll, addAdminOptions, printList, type AdminOptions } from './subject-commands.js';

interface ChannelRow {
  readonly topic: string;
  readonly channel: string;
}

const COLUMNS = [
  { title: 'TOPIC', value: ({ topic }: ChannelRow) => topic },
  { title: 'CHANNEL', value: ({ channel }: ChannelRow) => channel },
];

const ACTIONS: Readonly<Record<Verb, string>> = {
  create: 'create channels at the nsqlookupds and at each nsqd that has the topic',
  delete: 'delete channels with their messages, everywhere',
  pause: 'hold messages back from consumers',
  unpause: 'let them flow again',
  empty: 'drop all messages of channels, also those in flight and deferred',
};

/** `nsq channels` */
export function channelsCommand(): Command {
  const command = new Command('channels').description('List channels, create, delete, pause and empty them.');
  addAdminOptions(command.command('list', { isDefault: true }).description('the channels of a topic, or of all'))
    .addArgument(new Argument('[topic]', 'name').argParser(topicName))
    .action(listChannels);
  for (const [verb, description] of Object.entries(ACTIONS) as [Verb, string][]) {
    addAdminOptions(command.command(verb).description(description))
      .addArgument(new Argument('<topic>', 'name').argParser(topicName))
      .addArgument(new Argument('<channel...>', 'names').argParser(channelNames))
      .action((topic: string, channels: readonly string[], options: AdminOptions) =>
        actOnAll(
          verb,
          channels.map((channel) => ({ topic, channel })),
          options,
        ),
      );
  }
  return command;
}

async function listChannels(topic: string | undefined, options: AdminOptions): Promise<void> {
  const cluster = await Cluster.of(options);
  const { topics, problems } = topic === undefined ? await cluster.topics() : { topics: new Map([[topic, []]]), problems: [] };
  const names = [...topics.keys()].map((address) => ({ address })).sort((one, other) => (one.address < other.address ? -1 : 1));
  const { results } = await atAll(names, async ({ address }) => cluster.channels(address));
  const rows = results.flatMap(({ at, value: { channels } }) =>
    [...channels].sort().map((channel): ChannelRow => ({ topic: at.address, channel })),
  );
  await printList(COLUMNS, rows, [...problems, ...results.flatMap(({ value }) => value.problems)], options.json);
}
