import type { FolderReport } from '@nsq/nsqd';
import type { Column } from '../output/table.js';

/** What is stored for a topic or a channel. */
export interface ContentRow {
  readonly topic: string;
  readonly channel: string;
  /** Messages not delivered yet. */
  readonly depth: number;
  /** Delivered, not finished. */
  readonly unfinished: number | string;
  readonly deferred: number | string;
  /** Of all files. */
  readonly bytes: number | string;
  /** `log`, or `NSQ 1.x` for queue files that are still to be imported. */
  readonly format: string;
  readonly paused: boolean;
}

export const CONTENT_COLUMNS: readonly Column<ContentRow>[] = [
  { title: 'TOPIC', value: ({ topic }) => topic },
  { title: 'CHANNEL', value: ({ channel }) => channel },
  { title: 'DEPTH', value: ({ depth }) => depth },
  { title: 'UNFINISHED', value: ({ unfinished }) => unfinished, right: true },
  { title: 'DEFERRED', value: ({ deferred }) => deferred, right: true },
  { title: 'BYTES', value: ({ bytes }) => bytes, right: true },
  { title: 'FORMAT', value: ({ format }) => format },
  { title: 'PAUSED', value: ({ paused }) => (paused ? 'yes' : '-') },
];

/** Each topic before its channels; then the queues of NSQ 1.x that nobody has taken over, in place of the empty topics they are to fill. */
export function contentRows({ topics, queues }: FolderReport): ContentRow[] {
  const waiting = new Set(queues.map(({ topic }) => topic));
  const pausedOf = new Map(
    topics.flatMap(({ name, paused, channels }) => [
      [keyOf(name), paused] as const,
      ...channels.map((channel) => [keyOf(name, channel.name), channel.paused] as const),
    ]),
  );
  const taken = topics.filter(({ name, segments }) => segments > 0 || !waiting.has(name));
  const rows = taken.flatMap(({ name, paused, depth, bytes, channels }): ContentRow[] => [
    { topic: name, channel: '-', depth, unfinished: '-', deferred: '-', bytes, format: 'log', paused },
    ...channels.map((channel) => ({ ...channel, topic: name, channel: channel.name, bytes: '-', format: 'log' })),
  ]);
  const old = queues.map(({ topic, channel, messages, files }): ContentRow => {
    const paused = pausedOf.get(keyOf(topic, channel)) ?? false;
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { topic, channel: channel ?? '-', depth: messages, unfinished: '-', deferred: '-', bytes, format: 'NSQ 1.x', paused };
  });
  return [...rows, ...old];
}

const keyOf = (topic: string, channel = ''): string => `${topic} ${channel}`;

/** All that is damaged or missing, a sentence for each. */
export function problemsOf({ topics, queues, problems }: FolderReport): string[] {
  return [
    ...problems,
    ...topics.flatMap(({ name, problems: own }) => own.map((problem) => (problem.includes(name) ? problem : `topic ${name}: ${problem}`))),
    ...queues.flatMap(({ problems: own }) => own.filter(({ loss }) => loss).map(({ message }) => message)),
  ];
}
