import { Argument, Command } from 'commander';
import { formatHostPort } from '@nsq/client';
import { tombstone } from '../cluster/actions.js';
import { Cluster } from '../cluster/cluster.js';
import { topicNames } from '../names.js';
import { addAdminOptions, printList, tellAll, type AdminOptions } from './subject-commands.js';

interface NodeRow {
  /** HTTP, as in `nsq nodes tombstone`. */
  readonly address: string;
  readonly tcp: string;
  readonly hostname: string;
  readonly version: string;
  readonly topics: readonly string[];
  /** Topics of which it is hidden from consumers. */
  readonly tombstoned: readonly string[];
}

const COLUMNS = [
  { title: 'HTTP', value: ({ address }: NodeRow) => address },
  { title: 'CLIENTS', value: ({ tcp }: NodeRow) => tcp },
  { title: 'HOST', value: ({ hostname }: NodeRow) => hostname },
  { title: 'VERSION', value: ({ version }: NodeRow) => version },
  { title: 'TOPICS', value: ({ topics }: NodeRow) => topics.length },
  { title: 'TOMBSTONED', value: ({ tombstoned }: NodeRow) => tombstoned.join(' ') || '-' },
];

/** `nsq nodes` */
export function nodesCommand(): Command {
  const command = new Command('nodes').description('List the nsqds, take a topic away from one.');
  addAdminOptions(command.command('list', { isDefault: true }).description('all nsqds that there are')).action(listNodes);
  addAdminOptions(command.command('tombstone'))
    .description('hide topics at one nsqd from consumers and delete them there, while the other nsqds keep them')
    .argument('<node>', 'host:port of its HTTP API, as nsq nodes shows it')
    .addArgument(new Argument('<topic...>', 'names').argParser(topicNames))
    .action(async (node: string, topics: readonly string[], options: AdminOptions) => {
      const cluster = await Cluster.of(options);
      const subjects = topics.map((topic) => ({ node, topic, channel: null }));
      await tellAll(subjects, 'tombstoned', options, ({ topic }) => tombstone(cluster, node, topic));
    });
  return command;
}

async function listNodes(options: AdminOptions): Promise<void> {
  const cluster = await Cluster.of(options);
  if (cluster.lookupds.length === 0) return listNamed(cluster, options);
  const { nodes, problems } = await cluster.nodes();
  const rows = nodes.flatMap(({ address, told }): NodeRow[] => {
    if (told === null) return [];
    const { broadcast_address, tcp_port, hostname, version, topics, tombstones } = told;
    const tombstoned = topics.filter((_, index) => tombstones[index] === true);
    return [{ address, tcp: formatHostPort(broadcast_address, tcp_port), hostname, version, topics: [...topics].sort(), tombstoned }];
  });
  return printList(COLUMNS, rows, problems, options.json);
}

async function listNamed(cluster: Cluster, { json }: AdminOptions): Promise<void> {
  const { infos, problems } = await cluster.info();
  const { stats, problems: failed } = await cluster.stats({});
  const topicsOf = new Map(stats.map(({ node, stats: { topics } }) => [node.address, topics.map(({ topic_name }) => topic_name)]));
  const rows = infos.map(({ node: { address }, info: { broadcast_address, tcp_port, hostname, version } }): NodeRow => {
    const tcp = formatHostPort(broadcast_address, tcp_port);
    return { address, tcp, hostname, version, topics: topicsOf.get(address) ?? [], tombstoned: [] };
  });
  return printList(COLUMNS, rows, [...problems, ...failed], json);
}
