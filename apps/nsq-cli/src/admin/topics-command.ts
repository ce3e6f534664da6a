import { Argument, Command } from 'commander';
import type { Verb } from '../cluster/actions.js';
import { Cluster } from '../cluster/cluster.js';
import { topicNames } from '../names.js';
import { actOnAll, addAdminOptions, printList, type AdminOptions } from './subject-commands.js';

interface TopicRow {
  readonly topic: string;
  /** HTTP addresses of the nsqds that have it. */
  readonly nodes: readonly string[];
}

const COLUMNS = [
  { title: 'TOPIC', value: ({ topic }: TopicRow) => topic },
  { title: 'NSQDS', value: ({ nodes }: TopicRow) => nodes.join(' ') || '-' },
];

const ACTIONS: Readonly<Record<Verb, string>> = {
  create: 'make topics known to the nsqlookupds, or create them at an nsqd',
  delete: 'delete topics with their channels and all messages, everywhere',
  pause: 'hold messages back from all channels',
  unpause: 'let them flow again',
  empty: 'drop what no channel has received yet; channels keep what they have',
};

/** `nsq topics` */
export function topicsCommand(): Command {
  const command = new Command('topics').description('List topics, create, delete, pause and empty them.');
  addAdminOptions(command.command('list', { isDefault: true }).description('all topics, and which nsqds have them')).action(listTopics);
  for (const [verb, description] of Object.entries(ACTIONS) as [Verb, string][]) {
    addAdminOptions(command.command(verb).description(description))
      .addArgument(new Argument('<topic...>', 'names').argParser(topicNames))
      .action((topics: readonly string[], options: AdminOptions) =>
        actOnAll(
          verb,
          topics.map((topic) => ({ topic, channel: null })),
          options,
        ),
      );
  }
  return command;
}

async function listTopics(options: AdminOptions): Promise<void> {
  const { topics, problems } = await (await Cluster.of(options)).topics();
  const rows = [...topics].map(([topic, nodes]): TopicRow => ({ topic, nodes }));
  rows.sort((one, other) => (one.topic < other.topic ? -1 : 1));
  await printList(COLUMNS, rows, problems, options.json);
}
