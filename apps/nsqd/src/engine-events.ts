import type { Logger } from '@nsq/service';
import type { LookupLoop } from './lookup/lookup-loop.js';
import type { Channel } from './queue/channel.js';
import type { EngineEvents } from './queue/engine.js';
import type { TurnLoop } from './tcp/turn-loop.js';
import type { TopicStore } from './topic-store.js';

/** Those who have to know what happens in the engine. They need the engine themselves, so they come to be after it. */
export interface Listeners {
  readonly store: TopicStore;
  readonly lookup: LookupLoop;
  readonly turns: TurnLoop;
}

/** Has topics and channels that come and go logged, written to `nsqd.dat` and told to each nsqlookupd. */
export function engineEvents(logger: Logger, listeners: () => Listeners): EngineEvents {
  const channelChanged = (channel: Channel): void => {
    const { lookup, store } = listeners();
    store.changed(channel.ephemeral || channel.topic.ephemeral);
    lookup.channelChanged(channel);
  };
  return {
    topicCreated: (topic) => {
      const { lookup, store } = listeners();
      logger.info(`TOPIC(${topic.name}): created`);
      store.changed(topic.ephemeral);
      lookup.topicCreated(topic);
    },
    topicDeleted: (topic) => {
      const { lookup, store } = listeners();
      logger.info(`TOPIC(${topic.name}): deleting`);
      store.forget(topic);
      store.changed(topic.ephemeral);
      lookup.topicDeleted(topic);
    },
    channelCreated: (channel) => {
      logger.info(`TOPIC(${channel.topic.name}): new channel(${channel.name})`);
      channelChanged(channel);
    },
    channelDeleted: (channel) => {
      logger.info(`TOPIC(${channel.topic.name}): deleting channel ${channel.name}`);
      channelChanged(channel);
    },
    workMarked: () => listeners().turns.schedule(),
  };
}
