import { NsqdHttpClient, NsqlookupdHttpClient, formatHostPort, type LookupNode, type NsqdInfo, type NsqdStats } from '@nsq/client';
import { httpAddressOf, resolveTargets, type AddressOptions, type Preference } from '../addresses.js';
import { CliError } from '../cli-error.js';
import { explain } from '../failure.js';

/** What went wrong at one daemon, while the others went on. */
export interface Problem {
  /** Its address. */
  readonly at: string;
  readonly message: string;
}

/** An nsqd, by its HTTP API. */
export interface Node {
  /** `host:port` of its HTTP API: the one that it broadcasts, or the one that was named. */
  readonly address: string;
  readonly http: NsqdHttpClient;
  /** What the nsqlookupds say of it; null for one that was named. */
  readonly told: LookupNode | null;
}

export interface FoundNodes {
  readonly nodes: readonly Node[];
  readonly problems: readonly Problem[];
}

/** The nsqds and nsqlookupds that a command is about. */
export class Cluster {
  readonly lookupds: readonly NsqlookupdHttpClient[];
  readonly #named: readonly Node[];

  constructor(lookupds: readonly string[], nsqds: readonly string[]) {
    this.lookupds = lookupds.map((address) => new NsqlookupdHttpClient(address));
    this.#named = nsqds.map((nsqd) => {
      const http = new NsqdHttpClient(httpAddressOf(nsqd));
      return { address: http.address, http, told: null };
    });
  }

  static async of(options: AddressOptions, preference: Preference = 'lookupd'): Promise<Cluster> {
    const { lookupds, nsqds } = await resolveTargets(options, preference);
    return new Cluster(lookupds, nsqds);
  }

  /** All nsqds: those that were named, or those that the nsqlookupds know. @throws {CliError} when no nsqlookupd can be asked */
  async nodes(signal?: AbortSignal): Promise<FoundNodes> {
    if (this.lookupds.length === 0) return { nodes: this.#named, problems: [] };
    const { results, problems } = await atAll(this.lookupds, (lookupd) => lookupd.nodes({ signal }));
    if (results.length === 0) throw new CliError(problems[0]?.message ?? 'no nsqlookupd');
    const nodes = new Map<string, LookupNode>();
    for (const { value } of results) {
      for (const told of value) {
        const address = formatHostPort(told.broadcast_address, told.http_port);
        nodes.set(address, united(nodes.get(address), told));
      }
    }
    const found = [...nodes].map(([address, told]) => ({ address, http: new NsqdHttpClient(address), told }));
    return { nodes: found.sort(byAddress), problems };
  }

  /** The nsqds that have a topic, hidden ones too; of those that were named, all. */
  async nodesWith(topic: string, signal?: AbortSignal): Promise<FoundNodes> {
    const { nodes, problems } = await this.nodes(signal);
    return { nodes: nodes.filter(({ told }) => told === null || told.topics.includes(topic)), problems };
  }

  /** The statistics of all nsqds. */
  async stats(
    query: { readonly topic?: string; readonly channel?: string },
    signal?: AbortSignal,
  ): Promise<{ stats: readonly { readonly node: Node; readonly stats: NsqdStats }[]; problems: readonly Problem[] }> {
    const { nodes, problems } = await this.nodes(signal);
    const { results, problems: failed } = await atAll(nodes, ({ http }) =>
      http.stats({ ...query, includeClients: false, includeMemory: false, ...(signal && { signal }) }),
    );
    return { stats: results.map(({ at, value }) => ({ node: at, stats: value })), problems: [...problems, ...failed] };
  }

  async info(
    signal?: AbortSignal,
  ): Promise<{ infos: readonly { readonly node: Node; readonly info: NsqdInfo }[]; problems: readonly Problem[] }> {
    const { nodes, problems } = await this.nodes(signal);
    const { results, problems: failed } = await atAll(nodes, ({ http }) => http.info({ signal }));
    return { infos: results.map(({ at, value }) => ({ node: at, info: value })), problems: [...problems, ...failed] };
  }

  /** All topics, those that only a nsqlookupd remembers too, with the nsqds that have them. */
  async topics(signal?: AbortSignal): Promise<{ topics: ReadonlyMap<string, readonly string[]>; problems: readonly Problem[] }> {
    const topics = new Map<string, string[]>();
    const add = (topic: string, node?: string): void => {
      const nodes = topics.get(topic) ?? [];
      topics.set(topic, node === undefined ? nodes : [...nodes, node]);
    };
    if (this.lookupds.length === 0) {
      const { stats, problems } = await this.stats({}, signal);
      for (const { node, stats: found } of stats) for (const { topic_name } of found.topics) add(topic_name, node.address);
      return { topics, problems };
    }
    const { nodes, problems } = await this.nodes(signal);
    for (const { address, told } of nodes) for (const topic of told?.topics ?? []) add(topic, address);
    const { results } = await atAll(this.lookupds, (lookupd) => lookupd.topics({ signal }));
    for (const { value } of results) for (const topic of value) add(topic);
    return { topics, problems };
  }

  /** All channels of a topic. */
  async channels(topic: string, signal?: AbortSignal): Promise<{ channels: ReadonlySet<string>; problems: readonly Problem[] }> {
    if (this.lookupds.length === 0) {
      const { stats, problems } = await this.stats({ topic }, signal);
      const names = stats.flatMap(({ stats: { topics } }) =>
        topics.flatMap(({ channels }) => channels.map(({ channel_name }) => channel_name)),
      );
      return { channels: new Set(names), problems };
    }
    const { results, problems } = await atAll(this.lookupds, (lookupd) => lookupd.channels(topic, { signal }));
    return { channels: new Set(results.flatMap(({ value }) => value)), problems };
  }
}

/** Asks all at once. What one refuses is a problem; the others' answers count. */
export async function atAll<T extends { readonly address: string }, R>(
  daemons: readonly T[],
  call: (daemon: T) => Promise<R>,
): Promise<{ results: { readonly at: T; readonly value: R }[]; problems: Problem[] }> {
  const results: { readonly at: T; readonly value: R }[] = [];
  const problems: Problem[] = [];
  const settled = await Promise.allSettled(daemons.map((daemon) => call(daemon)));
  settled.forEach((outcome, index) => {
    const at = daemons[index];
    if (at === undefined) return;
    if (outcome.status === 'fulfilled') results.push({ at, value: outcome.value });
    else problems.push({ at: at.address, message: explain(outcome.reason) });
  });
  return { results, problems };
}

/** What two nsqlookupds say of one nsqd. */
function united(one: LookupNode | undefined, other: LookupNode): LookupNode {
  if (one === undefined) return other;
  const hidden = new Map<string, boolean>();
  for (const { topics, tombstones } of [one, other]) {
    topics.forEach((topic, index) => hidden.set(topic, (hidden.get(topic) ?? false) || tombstones[index] === true));
  }
  return { ...other, topics: [...hidden.keys()], tombstones: [...hidden.values()] };
}

const byAddress = (one: Node, other: Node): number => (one.address < other.address ? -1 : 1);
