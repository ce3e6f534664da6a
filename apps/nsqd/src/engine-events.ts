import type { Logger } from '@nsq/service';
import type { LookupLoop } from './lookup/lookup-loop.js';
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
  return {
    topicCreated: (topic) => {
      const { lookup, store } = listeners();
      logger.info(`TOPIC(${topic.name}): created`);
      store.created(topic);
      lookup.topicCreated(topic);
    },
    topicDeleted: (topic) => {
      const { lookup, store } = listeners();
      logger.info(`TOPIC(${topic.name}): deleting`);
      store.forget(topic);
      store.deleted(topic);
      lookup.topicDeleted(topic);
    },
    channelCreated: (channel) => {
      const { lookup, store } = listeners();
      logger.info(`TOPIC(${channel.topic.name}): new channel(${channel.name})`);
      store.created(channel);
      lookup.channelChanged(channel);
    },
    channelDeleted: (channel) => {
      const { lookup, store } = listeners();
      logger.info(`TOPIC(${channel.topic.name}): deleting channel ${channel.name}`);
      store.deleted(channel);
      lookup.channelChanged(channel);
    },
    workMarked: () => listeners().turns.schedule(),
  };
}
