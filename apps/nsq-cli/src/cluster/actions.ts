import { NsqError, type NsqlookupdHttpClient } from '@nsq/client';
import { pause } from '../interrupt.js';
import { atAll, type Cluster, type Node, type Problem } from './cluster.js';

/** What is done with a topic, or with a channel of it. */
export type Verb = 'create' | 'delete' | 'pause' | 'unpause' | 'empty';

export interface Subject {
  readonly topic: string;
  /** Null for the topic itself. */
  readonly channel: string | null;
}

export interface Outcome {
  /** Addresses of the daemons that did it. */
  readonly done: readonly string[];
  readonly problems: readonly Problem[];
}

/** How long a deleted name may still be told by a nsqlookupd before that counts as come back: the nsqds unregister it a moment later. */
const SETTLE_MS = 3_000;
const SETTLE_STEP_MS = 50;

/** Does it at all daemons that it concerns. */
export function act(cluster: Cluster, verb: Verb, subject: Subject): Promise<Outcome> {
  if (verb === 'create') return create(cluster, subject);
  if (verb === 'delete') return remove(cluster, subject);
  return atNodes(cluster, verb, subject);
}

/**
 * Through nsqlookupds a topic is created there only: an nsqd gets it with the first message. A channel is also created at each nsqd that has its topic, so that
 * it misses nothing.
 */
async function create(cluster: Cluster, { topic, channel }: Subject): Promise<Outcome> {
  const { lookupds } = cluster;
  const told = await atAll(lookupds, async (lookupd) => {
    await lookupd.createTopic(topic);
    if (channel !== null) await lookupd.createChannel(topic, channel);
  });
  if (lookupds.length > 0 && channel === null) return outcomeOf(told);
  const { nodes, problems } = await cluster.nodesWith(topic);
  const made = await atAll(nodes, async ({ http }) => {
    await http.createTopic(topic);
    if (channel !== null) await http.createChannel(topic, channel);
  });
  return outcomeOf(told, { results: [], problems: [...problems] }, made);
}

/**
 * First looks who has it, as the nsqlookupds know it no more afterwards. They forget it first: consumers that an nsqd then disconnects must not find it again
 * and make it anew. What the nsqds told meanwhile is removed in the end.
 */
async function remove(cluster: Cluster, subject: Subject): Promise<Outcome> {
  const { nodes, problems } = await cluster.nodesWith(subject.topic);
  const forgotten = await atAll(cluster.lookupds, (lookupd) => tolerant(() => forget(lookupd, subject)));
  const removed = await atAll(nodes, (node) => tolerant(() => removeAt(node, subject)));
  const done = [...forgotten.results, ...removed.results].filter(({ value }) => value).map(({ at }) => at.address);
  const all = [...problems, ...forgotten.problems, ...removed.problems];
  if (done.length === 0 && all.length === 0) return { done, problems: [missing(subject)] };
  if (all.length === 0) all.push(...(await settled(cluster, subject)));
  return { done, problems: all };
}

async function forget(lookupd: NsqlookupdHttpClient, { topic, channel }: Subject): Promise<void> {
  // It answers as well for a topic that it does not know.
  if (channel === null && !(await lookupd.topics()).includes(topic)) throw new NsqError('TOPIC_NOT_FOUND', topic);
  await (channel === null ? lookupd.deleteTopic(topic) : lookupd.deleteChannel(topic, channel));
}

function removeAt({ http }: Node, { topic, channel }: Subject): Promise<void> {
  return channel === null ? http.deleteTopic(topic) : http.deleteChannel(topic, channel);
}

/** Waits until no nsqlookupd tells of it any more, and has them forget what no nsqd has. A problem for each that goes on. */
async function settled(cluster: Cluster, subject: Subject): Promise<Problem[]> {
  const deadline = performance.now() + SETTLE_MS;
  const never = new AbortController().signal;
  const { results, problems } = await atAll(cluster.lookupds, async (lookupd) => {
    while (await isListed(lookupd, subject)) {
      if (performance.now() > deadline) return false;
      if (!(await isInUse(cluster, subject))) await tolerant(() => forget(lookupd, subject));
      await pause(SETTLE_STEP_MS, never);
    }
    return true;
  });
  const back = results.filter(({ value }) => !value).map(({ at }) => ({ at: at.address, message: cameBack(subject) }));
  return [...problems, ...back];
}

async function isListed(lookupd: NsqlookupdHttpClient, { topic, channel }: Subject): Promise<boolean> {
  return channel === null ? (await lookupd.topics()).includes(topic) : (await lookupd.channels(topic)).includes(channel);
}

async function isInUse(cluster: Cluster, { topic, channel }: Subject): Promise<boolean> {
  const { stats } = await cluster.stats({ topic });
  const topics = stats.flatMap(({ stats: found }) => found.topics);
  return topics.some(({ channels }) => channel === null || channels.some(({ channel_name }) => channel_name === channel));
}

async function atNodes(cluster: Cluster, verb: 'pause' | 'unpause' | 'empty', subject: Subject): Promise<Outcome> {
  const { nodes, problems } = await cluster.nodesWith(subject.topic);
  const { results, problems: failed } = await atAll(nodes, ({ http }) =>
    tolerant(() =>
      subject.channel === null ? http[`${verb}Topic`](subject.topic) : http[`${verb}Channel`](subject.topic, subject.channel),
    ),
  );
  const done = results.filter(({ value }) => value).map(({ at }) => at.address);
  const all = [...problems, ...failed];
  return { done, problems: done.length === 0 && all.length === 0 ? [missing(subject)] : all };
}

/**
 * Hides the topic's messages at one nsqd from consumers, then deletes the topic there.
 * @param address `<broadcast address>:<http port>`
 */
export async function tombstone(cluster: Cluster, address: string, topic: string): Promise<Outcome> {
  const { nodes, problems } = await cluster.nodesWith(topic);
  const node = nodes.find((one) => one.address === address);
  if (node === undefined) {
    const known = nodes.map((one) => one.address).join(', ');
    const message = known === '' ? `no nsqd has topic ${topic}` : `it does not have topic ${topic}; those that have it: ${known}`;
    return { done: [], problems: [...problems, { at: address, message }] };
  }
  // The registry compares with an address without brackets.
  const plain = `${node.told?.broadcast_address ?? ''}:${node.told?.http_port ?? 0}`;
  const hidden = await atAll(cluster.lookupds, (lookupd) => lookupd.tombstone(topic, plain));
  if (hidden.problems.length > 0) return outcomeOf({ results: [], problems: [...problems] }, hidden);
  return outcomeOf({ results: [], problems: [...problems] }, hidden, await atAll([node], ({ http }) => http.deleteTopic(topic)));
}

interface Settled {
  readonly results: readonly { readonly at: { readonly address: string } }[];
  readonly problems: readonly Problem[];
}

function outcomeOf(...parts: readonly Settled[]): Outcome {
  return {
    done: parts.flatMap(({ results }) => results.map(({ at }) => at.address)),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

/** Whether it was done; false where there is no such topic or channel. */
async function tolerant(call: () => Promise<void>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof NsqError && (error.code === 'TOPIC_NOT_FOUND' || error.code === 'CHANNEL_NOT_FOUND')) return false;
    throw error;
  }
}

const nameOf = ({ topic, channel }: Subject): string => (channel === null ? `topic ${topic}` : `channel ${channel} of topic ${topic}`);
const missing = (subject: Subject): Problem => ({ at: '', message: `there is no ${nameOf(subject)}` });
const cameBack = (subject: Subject): string => `${nameOf(subject)} has come back: somebody publishes to it or consumes it`;
