import fc from 'fast-check';
import { Answer } from '../../src/queue/channel.js';
import { StoreError } from '../../src/queue/publish-error.js';
import type { Consumer } from '../../src/queue/consumer.js';
import type { Topic } from '../../src/queue/topic.js';
import { createWorld, publishDeferred, publishThen, subscribe, type FakeOutput, type Received, type World } from './fixture.js';

const CHANNELS = ['a', 'b', 'c'];
const NAME = 't';

interface Subscription {
  readonly channel: string;
  readonly consumer: Consumer;
  readonly output: FakeOutput;
  held: Received[];
}

/** What the rules say must be there, kept next to an engine that is driven at random. */
class Model {
  readonly world: World;
  readonly topic: Topic;
  subscriptions: Subscription[] = [];
  readonly undispatched = new Set<string>();
  readonly owed = new Map<string, Set<string>>(); // by channel: dispatched, not finished, not dropped
  #count = 0;

  constructor(log?: 'spill' | 'write-through') {
    this.world = createWorld({ maxMsgTimeout: 20_000, memQueueSize: log === undefined ? 10_000 : 15 }, log === undefined ? {} : { log });
    this.topic = this.world.engine.topic(NAME);
  }

  /** What is refused must never come. */
  publish(put: (done: (error: Error | null) => void) => boolean, all: readonly string[]): void {
    const accepted = (error: Error | null): void => {
      if (error !== null) return;
      for (const body of all) this.undispatched.add(body);
      this.dispatch();
    };
    try {
      if (put(accepted)) accepted(null);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  next(): string {
    return `m${this.#count++}`;
  }

  /** Messages belong to the channels as soon as there are any and the topic is not paused. */
  dispatch(): void {
    if (this.topic.paused || this.owed.size === 0) return;
    for (const owed of this.owed.values()) for (const body of this.undispatched) owed.add(body);
    this.undispatched.clear();
  }

  /** Takes what has arrived; each message must be owed to the channel that it came from. */
  collect(): void {
    this.world.settle();
    for (const subscription of this.subscriptions) {
      for (const message of subscription.output.take()) {
        if (this.owed.get(subscription.channel)?.has(message.body) !== true) throw new Error(`${message.body} came, but nothing owes it`);
        subscription.held = subscription.held.filter(({ idHi, idLo }) => idHi !== message.idHi || idLo !== message.idLo);
        subscription.held.push(message);
      }
      if (subscription.consumer.inFlightCount > subscription.consumer.readyCount && subscription.consumer.readyCount > 0) {
        // RDY may have been lowered since; then nothing new may have come.
        if (subscription.held.length < subscription.consumer.inFlightCount) throw new Error('more in flight than was sent');
      }
    }
  }

  check(): void {
    expect(this.topic.depth).toBe(this.undispatched.size);
    for (const [name, owed] of this.owed) {
      const channel = this.topic.channels.get(name);
      if (channel === undefined) throw new Error(`channel ${name} is missing`);
      expect([name, channel.depth + channel.inFlightCount + channel.deferredCount]).toEqual([name, owed.size]);
      for (const consumer of channel.consumers) expect(consumer.inFlightCount).toBeGreaterThanOrEqual(0);
    }
  }

  subscription(pick: number): Subscription | undefined {
    return this.subscriptions[pick % Math.max(1, this.subscriptions.length)];
  }

  /** Writes work, or fail. */
  disk(works: boolean): void {
    const log = this.world.logs.get(NAME);
    if (log !== undefined) log.failing = !works;
  }

  /** Lets everything out: each message that is owed must come, and be finished, once. */
  drain(): void {
    this.disk(true);
    this.world.settle();
    this.topic.unpause();
    if (this.owed.size > 0) this.dispatch();
    for (const [name, owed] of this.owed) {
      const channel = this.topic.channels.get(name);
      if (channel === undefined) throw new Error(`channel ${name} is missing`);
      channel.unpause();
      for (const consumer of [...channel.consumers]) channel.removeConsumer(consumer);
      const { consumer, output } = subscribe(channel, 1000, { msgTimeout: 60_000 });
      for (let i = 0; i < 40 && owed.size > 0; i++) {
        this.world.advance(1000);
        for (const { body, idHi, idLo } of output.take()) {
          expect(channel.finish(consumer, idHi, idLo)).toBe(Answer.Ok);
          if (!owed.delete(body)) throw new Error(`${body} came twice or was not owed`);
        }
      }
      expect([name, [...owed]]).toEqual([name, []]);
      expect([channel.depth, channel.inFlightCount, channel.deferredCount]).toEqual([0, 0, 0]);
    }
  }
}

type Step = (model: Model) => void;

const small = fc.nat({ max: 20 });
const channelName = fc.constantFrom(...CHANNELS);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (works): Step =>
        (model) =>
          model.disk(works),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }).map((counts): Step => (model) => {
      for (const count of counts) {
        const all = Array.from({ length: count }, () => model.next());
        model.publish((done) => publishThen(model.topic, all, done), all);
      }
    }),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 8000 }).map((delay): Step => (model) => {
      const body = model.next();
      model.publish((done) => publishDeferred(model.topic, body, delay, done), [body]);
    }),
  },
  {
    weight: 2,
    arbitrary: channelName.map((name): Step => (model) => {
      model.world.engine.channel(model.topic, name);
      if (!model.owed.has(name)) model.owed.set(name, new Set());
      model.dispatch();
    }),
  },
  {
    weight: 1,
    arbitrary: channelName.map((name): Step => (model) => {
      model.topic.deleteChannel(name);
      model.owed.delete(name);
      model.subscriptions = model.subscriptions.filter(({ channel }) => channel !== name);
    }),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ name: channelName, ready: small, msgTimeout: fc.integer({ min: 50, max: 5000 }) })
      .map(({ name, ready, msgTimeout }): Step => (model) => {
        const channel = model.topic.channels.get(name);
        if (channel !== undefined) model.subscriptions.push({ channel: name, ...subscribe(channel, ready, { msgTimeout }), held: [] });
      }),
  },
  {
    weight: 1,
    arbitrary: small.map((pick): Step => (model) => {
      const gone = model.subscription(pick);
      if (gone === undefined) return;
      gone.consumer.channel?.removeConsumer(gone.consumer);
      model.subscriptions = model.subscriptions.filter((other) => other !== gone);
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ pick: small, count: small }).map(({ pick, count }): Step => (model) => {
      const one = model.subscription(pick);
      if (one !== undefined) model.topic.channels.get(one.channel)?.setReady(one.consumer, count);
    }),
  },
  {
    weight: 8,
    arbitrary: fc
      .record({ pick: small, which: small, how: fc.constantFrom('fin', 'fin', 'fin', 'requeue', 'defer', 'touch') })
      .map(({ pick, which, how }): Step => (model) => {
        const one = model.subscription(pick);
        const message = one?.held[which % Math.max(1, one.held.length)];
        const channel = one === undefined ? undefined : model.topic.channels.get(one.channel);
        if (one === undefined || message === undefined || channel === undefined) return;
        const { idHi, idLo, body } = message;
        if (how === 'touch') {
          channel.touch(one.consumer, idHi, idLo);
          return;
        }
        one.held = one.held.filter((other) => other !== message);
        if (how !== 'fin') channel.requeue(one.consumer, idHi, idLo, how === 'defer' ? 700 : 0);
        else if (channel.finish(one.consumer, idHi, idLo) === Answer.Ok) model.owed.get(one.channel)?.delete(body);
      }),
  },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 9000 }).map(
      (ms): Step =>
        (model) =>
          model.world.advance(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((on): Step => (model) => {
      if (on) model.topic.pause();
      else model.topic.unpause();
      model.dispatch();
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ name: channelName, on: fc.boolean() }).map(({ name, on }): Step => (model) => {
      const channel = model.topic.channels.get(name);
      if (on) channel?.pause();
      else channel?.unpause();
    }),
  },
  {
    weight: 1,
    arbitrary: channelName.map((name): Step => (model) => {
      model.topic.channels.get(name)?.empty();
      model.owed.get(name)?.clear();
      for (const one of model.subscriptions) if (one.channel === name) one.held = [];
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Step>((model) => {
      model.topic.empty();
      model.undispatched.clear();
    }),
  },
);

it.each([
  ['in memory', undefined],
  ['when most of it has left the window for the log', 'spill'],
  ['when every publish goes through the log', 'write-through'],
] as const)(
  'keeps every message in exactly one place until it is finished, whatever happens, %s',
  (_what, log) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        const model = new Model(log);
        for (const act of steps) {
          act(model);
          model.collect();
          model.check();
        }
        model.drain();
      }),
      { numRuns: 400, endOnFailure: true },
    );
  },
  120_000,
);
