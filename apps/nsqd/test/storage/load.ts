import type { SeededRandom, SimulatedFileSystem } from '@nsq/commit-log/testing';
import { Answer, type Channel } from '../../src/queue/channel.js';
import type { Consumer } from '../../src/queue/consumer.js';
import { StoreError } from '../../src/queue/publish-error.js';
import type { Topic } from '../../src/queue/topic.js';
import { publishDeferred, publishThen, subscribe, type FakeOutput, type Received } from '../queue/fixture.js';
import { dispatch, type ChannelLedger, type Ledger, type Publication, type TopicLedger } from './ledger.js';
import type { Life } from './life.js';

const TOPICS = ['t', 't', 'T'];
const CHANNELS = ['a', 'b', 'c'];

export interface Subscription {
  readonly topic: string;
  readonly channel: string;
  readonly consumer: Consumer;
  readonly output: FakeOutput;
  held: Received[];
}

/** What the runs did, so that a test can see that the interesting things happen. */
export class Outcome {
  accepted = 0;
  refused = 0;
  finished = 0;
  stops = 0;
  crashes = 0;
  powerFailures = 0;
  returned = 0;
  freed = 0;
}

/** What clients, operators and a bad disk do to one process, at random, each time noted in the ledger. */
export class Load {
  /** `channel` of an entry may be gone. */
  subscriptions: Subscription[] = [];
  readonly #life: Life;
  readonly #fs: SimulatedFileSystem;
  readonly #ledger: Ledger;
  readonly #random: SeededRandom;
  readonly #failing: boolean;
  readonly #outcome: Outcome;
  readonly #say: (line: string) => void;

  constructor(
    life: Life,
    fs: SimulatedFileSystem,
    run: {
      readonly ledger: Ledger;
      readonly random: SeededRandom;
      readonly failing: boolean;
      readonly outcome: Outcome;
      readonly say: (line: string) => void;
    },
  ) {
    this.#life = life;
    this.#fs = fs;
    this.#ledger = run.ledger;
    this.#random = run.random;
    this.#failing = run.failing;
    this.#outcome = run.outcome;
    this.#say = run.say;
  }

  step(): void {
    const random = this.#random;
    const what = random.below(100);
    const name = random.pick(TOPICS);
    const ledger = this.#ledger.topics.get(name);
    const topic = this.#life.engine.topics.get(name);
    if (ledger === undefined || topic === undefined) {
      if (what < 50) this.#publish(name);
      else this.#ledgerOf(name);
    } else if (what < 25) this.#publish(name);
    else if (what < 33) this.#createChannel(topic, ledger);
    else if (what < 42) this.#subscribe(topic, ledger);
    else if (what < 70) this.#answer();
    else if (what < 80) this.#life.advance(random.pick([1, 50, 500, 3000]));
    else if (what < 86) this.#life.checkpoint();
    else if (what < 89) this.#setReady();
    else if (what < 91) this.#leave();
    else if (what < 95) this.#operate(topic, ledger);
    else if (what < 96) this.#deleteTopic(name);
    else if (this.#failing) this.#upset();
  }

  #ledgerOf(name: string): { topic: Topic; ledger: TopicLedger } {
    return { topic: this.#life.engine.topic(name), ledger: this.#ledger.topic(name) };
  }

  #publish(name: string): void {
    const random = this.#random;
    const { topic, ledger } = this.#ledgerOf(name);
    const life = this.#life;
    const delay = random.chance(0.25) ? random.between(1, 8000) : 0;
    // Now and then a batch that is too large to move to where small ones lie.
    const large = random.chance(0.3);
    const all = Array.from({ length: delay > 0 ? 1 : random.between(1, 8) }, () =>
      this.#ledger.publish(name, large || random.chance(0.1) ? random.between(8, 3000) : random.between(8, 60), delay),
    );
    life.engine.tick();
    const wall = life.clock.wall();
    const channels = ledger.flows ? [...ledger.channels.values()] : [];
    const incarnation = ledger;
    const done = (error: Error | null): void => {
      if (life.dead) return;
      for (const publication of all) this.#told(publication, incarnation, error, { wall, channels });
    };
    const bodies = all.map(({ body }) => body);
    this.#say(`publish ${bodies[0]?.replaceAll('.', '') ?? ''} x ${all.length}, delay ${delay}`);
    try {
      if (delay > 0 ? publishDeferred(topic, bodies[0] ?? '', delay, done) : publishThen(topic, bodies, done)) done(null);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      done(error);
    }
  }

  #told(
    publication: Publication,
    ledger: TopicLedger,
    error: Error | null,
    at: { wall: number; channels: readonly ChannelLedger[] },
  ): void {
    if (publication.state !== 'pending') throw new Error(`the publisher of ${publication.body} is told twice`);
    publication.state = error === null ? 'accepted' : 'refused';
    this.#outcome[publication.state]++;
    if (error !== null) return;
    // A deferred publish is dispatched when it is made, others when they are stored.
    if (publication.delay > 0 && at.channels.length > 0) dispatch(publication, at.channels, at.wall, true);
    else if (ledger.flows) dispatch(publication, ledger.channels.values(), this.#life.engine.now + this.#life.engine.wallOffset, true);
    else ledger.waiting.set(publication.body, publication);
  }

  #createChannel(topic: Topic, ledger: TopicLedger): void {
    const name = this.#random.pick(CHANNELS);
    this.#life.engine.tick();
    this.#life.engine.channel(topic, name);
    this.#ledger.known.add(`${topic.name}/${name}`);
    ledger.create(name, this.#life.clock.wall());
    this.#say(`channel ${topic.name}/${name}`);
  }

  #subscribe(topic: Topic, ledger: TopicLedger): void {
    const random = this.#random;
    const there = [...topic.channels.keys()];
    if (random.chance(0.1)) {
      this.#life.engine.tick();
      this.#life.engine.channel(topic, 'e#ephemeral');
      ledger.create('e#ephemeral', this.#life.clock.wall());
      there.push('e#ephemeral');
    }
    if (there.length === 0) return;
    const name = random.pick(there);
    const channel = topic.channels.get(name);
    if (channel === undefined) return;
    const settings = { msgTimeout: random.between(50, 5000) };
    this.subscriptions.push({ topic: topic.name, channel: name, ...subscribe(channel, random.below(20), settings), held: [] });
  }

  #channelOf(one: Subscription): Channel | undefined {
    const { channel } = one.consumer;
    return channel ?? undefined;
  }

  #answer(): void {
    const random = this.#random;
    const able = this.subscriptions.filter(({ held }) => held.length > 0);
    if (able.length === 0) return;
    const one = random.pick(able);
    const channel = this.#channelOf(one);
    const count = random.between(1, 6);
    for (let i = 0; i < count && one.held.length > 0; i++) {
      const message = random.pick(one.held);
      const { idHi, idLo, body } = message;
      if (channel === undefined) return;
      const owed = this.#ledger.topics.get(one.topic)?.channels.get(one.channel);
      this.#life.engine.tick();
      if (random.chance(0.1)) {
        channel.touch(one.consumer, idHi, idLo);
        continue;
      }
      one.held = one.held.filter((other) => other !== message);
      if (random.chance(0.25)) {
        const delay = random.pick([0, 1, 700, 5000]);
        if (channel.requeue(one.consumer, idHi, idLo, delay) !== Answer.Ok) continue;
        const entry = owed?.owed.get(body);
        if (entry !== undefined) Object.assign(entry, { dueAt: delay > 0 ? this.#life.clock.wall() + delay : 0, published: false });
      } else if (channel.finish(one.consumer, idHi, idLo) === Answer.Ok) {
        owed?.owed.delete(body);
        owed?.finished.add(body);
        this.#outcome.finished++;
      }
    }
  }

  #setReady(): void {
    if (this.subscriptions.length === 0) return;
    const one = this.#random.pick(this.subscriptions);
    this.#channelOf(one)?.setReady(one.consumer, this.#random.below(30));
  }

  #leave(): void {
    if (this.subscriptions.length === 0) return;
    const one = this.#random.pick(this.subscriptions);
    this.subscriptions = this.subscriptions.filter((other) => other !== one);
    this.#channelOf(one)?.removeConsumer(one.consumer);
  }

  #operate(topic: Topic, ledger: TopicLedger): void {
    const random = this.#random;
    const channels = [...topic.channels.values()];
    const channel = channels.length === 0 ? undefined : random.pick(channels);
    this.#life.engine.tick();
    const what = random.pick(['pause', 'unpause', 'pause channel', 'unpause channel', 'empty', 'empty channel', 'delete channel']);
    this.#say(`${what} ${topic.name}/${channel?.name ?? ''}`);
    if (what === 'pause') {
      topic.pause();
      ledger.paused = true;
    } else if (what === 'unpause') {
      topic.unpause();
      ledger.paused = false;
      ledger.dispatchWaiting(this.#life.clock.wall());
    } else if (what === 'pause channel') channel?.pause();
    else if (what === 'unpause channel') channel?.unpause();
    else if (what === 'empty') this.#emptyTopic(topic, ledger);
    else if (channel !== undefined && what === 'empty channel') {
      channel.empty();
      ledger.channels.get(channel.name)?.owed.clear();
      for (const one of this.subscriptions) if (one.consumer.channel === channel) one.held = [];
    } else if (channel !== undefined && random.chance(0.5)) topic.deleteChannel(channel.name);
    if (what.startsWith('pause') || what.startsWith('unpause')) this.#life.store.persist().catch(() => undefined);
  }

  #emptyTopic(topic: Topic, ledger: TopicLedger): void {
    topic.empty();
    ledger.waiting.clear();
    // After a crash it is not known which messages the channels had received already.
    if (this.#ledger.exact || ledger.flows) return;
    for (const { owed } of ledger.channels.values()) {
      for (const body of owed.keys()) this.#ledger.excuse(body);
      owed.clear();
    }
  }

  #deleteTopic(name: string): void {
    this.#say(`delete ${name}`);
    this.#life.engine.deleteTopic(name);
    this.#ledger.topics.delete(name);
  }

  /** Whoever deletes it. */
  deleted(channel: Channel): void {
    this.#ledger.topics.get(channel.topic.name)?.channels.delete(channel.name);
    this.subscriptions = this.subscriptions.filter((one) => one.topic !== channel.topic.name || one.channel !== channel.name);
  }

  #upset(): void {
    const random = this.#random;
    this.#fs.heal();
    this.#fs.capacity = Infinity;
    const what = random.below(5);
    this.#say(`upset ${what}`);
    if (what === 0) this.#fs.capacity = this.#fs.usedBytes + random.below(1000);
    else if (what === 1) this.#fs.errorRate = { write: 0.5, datasync: 0.3, truncate: 0.3 };
    else if (what === 2) this.#fs.errorRate = { open: 0.3, rename: 0.3, makeFolder: 0.5, syncFolder: 0.3, remove: 0.3 };
    else if (what === 3) this.#fs.errorRate = { read: 0.3, list: 0.3 };
  }

  /** Takes what has arrived. */
  collect(): void {
    const wall = this.#life.clock.wall();
    for (const one of this.subscriptions) {
      for (const message of one.output.take()) {
        const topic = this.#ledger.topics.get(one.topic);
        if (topic === undefined) throw new Error(`${message.body} comes from a topic that is deleted`);
        if (this.#ledger.publications.get(message.body)?.mayReturn === true) this.#outcome.returned++;
        if (!one.channel.includes('#')) this.#ledger.received(topic, one.channel, message.body, message.attempts, wall);
        one.held = one.held.filter(({ idHi, idLo }) => idHi !== message.idHi || idLo !== message.idLo);
        one.held.push(message);
      }
    }
  }
}
