import type { QueueFiles } from '@nsq/diskqueue';
import type { TopicState } from '@nsq/metadata';
import { isEphemeral } from '@nsq/protocol';

/** The queues of one topic that are to be imported. */
export interface TopicQueues {
  readonly topic: TopicState;
  /** Of the topic itself: messages that no channel has received. */
  readonly own: readonly QueueFiles[];
  readonly channels: ReadonlyMap<string, readonly QueueFiles[]>;
}

export interface ImportPlan {
  readonly topics: readonly TopicQueues[];
  /** Queues that the reference would not read: their topic or channel is not in `nsqd.dat`. */
  readonly orphans: readonly QueueFiles[];
}

/** Which queues belong to which topic. A channel may have two, one in the spelling of Windows. */
export function planImport(queues: readonly QueueFiles[], topics: readonly TopicState[]): ImportPlan {
  const states = new Map(topics.filter(({ name }) => !isEphemeral(name)).map((topic) => [topic.name, topic]));
  const plans = new Map<string, { topic: TopicState; own: QueueFiles[]; channels: Map<string, QueueFiles[]> }>();
  const orphans: QueueFiles[] = [];
  for (const queue of queues) {
    const topic = states.get(queue.topic);
    const { channel } = queue;
    const known = channel === undefined || topic?.channels.some(({ name }) => name === channel && !isEphemeral(name));
    if (topic === undefined || known !== true) {
      orphans.push(queue);
      continue;
    }
    const plan = plans.get(topic.name) ?? { topic, own: [], channels: new Map<string, QueueFiles[]>() };
    plans.set(topic.name, plan);
    if (channel === undefined) plan.own.push(queue);
    else plan.channels.set(channel, [...(plan.channels.get(channel) ?? []), queue]);
  }
  return { topics: [...plans.values()], orphans };
}

export function queuesOf({ own, channels }: TopicQueues): QueueFiles[] {
  return [...[...channels.values()].flat(), ...own];
}
