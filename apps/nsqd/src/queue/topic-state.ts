import type { Engine } from './engine.js';
import type { Message } from './message.js';
import type { StoredChannel, StoredMessage, StoredTopic } from './storage.js';
import type { Topic } from './topic.js';

function bodyOf(message: Message): Buffer {
  return message.bytes.subarray(message.at + 4, message.at + 4 + message.size);
}

function toStored(message: Message, dueAt: number): StoredMessage {
  const { idHi, idLo, timestampHi, timestampLo, attempts } = message;
  return { idHi, idLo, timestampHi, timestampLo, attempts, body: bodyOf(message), dueAt };
}

function fromStored(engine: Engine, stored: StoredMessage): Message {
  const bytes = Buffer.allocUnsafeSlow(4 + stored.body.length);
  bytes.writeInt32BE(stored.body.length, 0);
  stored.body.copy(bytes, 4);
  const message = engine.pool.take();
  message.idHi = stored.idHi;
  message.idLo = stored.idLo;
  message.timestampHi = stored.timestampHi;
  message.timestampLo = stored.timestampLo;
  message.attempts = stored.attempts;
  message.bytes = bytes;
  message.at = 0;
  message.size = stored.body.length;
  return message;
}

/** What of a topic must survive: everything but ephemeral channels. Views on the topic's memory; take it when nothing changes any more. */
export function captureTopic(engine: Engine, topic: Topic): StoredTopic {
  const batches = [...topic.stored()];
  const first = batches[0]?.seq ?? topic.head;
  // Engine time ends with the process, so a deferral is stored by the time of day.
  const wallOffset = engine.wallTime() - engine.now;
  const channels: StoredChannel[] = [];
  for (const channel of topic.channels.values()) {
    if (channel.ephemeral) continue;
    const unfinished: StoredMessage[] = [];
    for (const message of channel.unfinished())
      unfinished.push(toStored(message, channel.isDeferred(message) ? message.due + wallOffset : 0));
    channels.push({ name: channel.name, position: Math.max(0, channel.position - first), unfinished });
  }
  return {
    batches,
    dispatched: Math.max(0, topic.dispatched - first),
    deferred: topic.waitingDeferred.map(({ message, delay }) => toStored(message, delay)),
    channels,
  };
}

/**
 * Puts stored content into a topic that has just been made and not been started. Channels that the content does not know begin behind all that
 * was dispatched.
 */
export function restoreTopic(engine: Engine, topic: Topic, content: StoredTopic, channelNames: readonly string[]): void {
  const stored = new Map(content.channels.map((channel) => [channel.name, channel]));
  topic.restore(
    content.batches,
    content.dispatched,
    channelNames.map((name) => ({ name, position: stored.get(name)?.position ?? content.dispatched })),
  );
  const now = engine.wallTime();
  for (const channel of topic.channels.values()) {
    for (const message of stored.get(channel.name)?.unfinished ?? []) {
      channel.restore(fromStored(engine, message), Math.max(0, message.dueAt - now));
    }
    engine.events.channelCreated(channel);
  }
  for (const message of content.deferred) topic.deferUntilDispatched(fromStored(engine, message), message.dueAt);
}
