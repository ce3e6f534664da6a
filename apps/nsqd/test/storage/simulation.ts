import { SeededRandom, SimulatedFileSystem } from '@nsq/commit-log/testing';
import type { Channel } from '../../src/queue/channel.js';
import { Answer } from '../../src/queue/channel.js';
import type { Consumer } from '../../src/queue/consumer.js';
import { StoreError } from '../../src/queue/publish-error.js';
import type { Topic } from '../../src/queue/topic.js';
import type { Durability } from '../../src/storage/storage-context.js';
import { publishDeferred, publishThen, subscribe, type FakeOutput, type Received } from '../queue/fixture.js';
import { dispatch, Ledger, type ChannelLedger, type Publication, type TopicLedger } from './ledger.js';
import { Life, SimulatedClock, turn, type Setup } from './life.js';
import { checkCounts, checkPositions, checkSame, snapshot } from './checks.js';

const TOPICS = ['t', 't', 'T'];
const CHANNELS = ['a', 'b', 'c'];
const PATIENCE = 30_000; // turns of the event loop

interface Subscription {
  readonly topic: string;
  readonly channel: string;
  readonly consumer: Consumer;
  readonly output: FakeOutput;
  held: Received[];
}

/** What the runs did, so that a test can see that the interesting things happen. */
export interface Outcome {
  accepted: number;
  refused: number;
  finished: number;
  stops: number;
  crashes: number;
  powerFailures: number;
  returned: number;
  freed: number;
}

/** A daemon's storage over some processes, each driven at random and ended by a stop, a kill or a power failure. */
export class Simulation {
  readonly outcome: Outcome = { accepted: 0, refused: 0, finished: 0, stops: 0, crashes: 0, powerFailures: 0, returned: 0, freed: 0 };
  readonly #random: SeededRandom;
  readonly #setup: Setup;
  readonly #failing: boolean;
  readonly #ledger = new Ledger();
  readonly #say: (line: string) => void;
  #fs: SimulatedFileSystem;
  #life!: Life;
  #subscriptions: Subscription[] = [];
  #lossy = false;
  #wall = Date.UTC(2026, 0, 1);

  constructor(seed: number, durability: Durability, say: (line: string) => void = () => undefined) {
    this.#random = new SeededRandom(seed);
    this.#fs = new SimulatedFileSystem({ seed, folders: ['/data'] });
    this.#say = say;
    this.#failing = this.#random.chance(0.5);
    this.#setup = {
      durability,
      memQueueSize: this.#random.pick([1, 5, 15, 40]),
      segmentBytes: this.#random.between(300, 4000),
      syncEvery: this.#random.pick([1, 10, 2500]),
    };
  }

  async run(): Promise<void> {
    await this.#start();
    for (let lives = this.#random.between(1, 4); lives > 0; lives--) {
      for (let steps = this.#random.between(5, 50); steps > 0; steps--) {
        this.#step();
        await this.#life.work(this.#random.pick([0, 0, 1, 2, 5]));
        this.#collect();
        checkPositions(this.#life);
        if (this.#ledger.exact) checkCounts(this.#life, this.#ledger);
      }
      await this.#end();
      await this.#start();
    }
    this.#fs.heal();
    this.#fs.capacity = Infinity;
    await this.#drain();
    await this.#patiently(this.#life.stop(), 'the last stop');
    this.#life.dead = true;
    expect(this.#fs.openFiles).toBe(0);
  }

  // ---- processes

  async #start(): Promise<void> {
    this.#wall += this.#random.pick([0, 10, 1000, 100_000]);
    const clock = new SimulatedClock(this.#wall, this.#random.between(0, 5000));
    const life = new Life(this.#fs, clock, this.#setup, (channel) => this.#deleted(channel));
    this.#life = life;
    clock.pass(this.#random.pick([0, 0, 300])); // loading takes its time
    await this.#patiently(life.store.load(), 'loading');
    await this.#patiently(life.store.persist(), 'persisting');
    checkPositions(life);
  }

  async #end(): Promise<void> {
    const { durability } = this.#setup;
    this.#subscriptions = [];
    const way = this.#random.pick(durability === 'memory' ? ['stop', 'stop', 'stop', 'lossy'] : ['stop', 'kill', 'kill', 'kill', 'lossy']);
    if (way === 'stop') {
      this.#fs.heal();
      this.#fs.capacity = Infinity;
      await this.#stop();
      return;
    }
    const kind = way === 'kill' && durability === 'disk' ? 'process' : this.#random.pick(['process', 'power'] as const);
    const lossy = durability === 'memory' || (durability === 'disk' && kind === 'power');
    this.#say(`crash of the ${kind}`);
    const life = this.#life;
    life.dead = true;
    this.#wall = life.clock.wall();
    this.#fs = this.#fs.crash(kind);
    this.#fs.capacity = Infinity;
    this.outcome[kind === 'power' ? 'powerFailures' : 'crashes']++;
    this.#lossy ||= lossy;
    this.#ledger.crashed(lossy);
    if (this.#damage()) this.#ledger.once = false;
    await this.#find();
  }

  /** Damages a checkpoint now and then: all that is stored is delivered again then. */
  #damage(): boolean {
    const checkpoints = this.#fs.files.filter((file) => file.endsWith('/checkpoint'));
    if (checkpoints.length === 0 || !this.#random.chance(0.1)) return false;
    const file = this.#random.pick(checkpoints);
    const content = this.#fs.contentOf(file);
    const at = this.#random.below(content.length);
    this.#fs.corrupt(file, at, Buffer.from([(content[at] ?? 0) ^ 1]));
    this.#say(`damaged ${file}`);
    return true;
  }

  /** A process of its own looks what there is after a crash, and is killed again. */
  async #find(): Promise<void> {
    const look = new Life(this.#fs, new SimulatedClock(this.#wall, 0), this.#setup);
    await this.#patiently(look.store.load(), 'loading after a crash');
    const found = new Map(
      look.topics.map((topic) => [topic.name, { channels: [...topic.channels.values()].map(({ name }) => name), paused: topic.paused }]),
    );
    look.dead = true;
    this.#fs = this.#fs.crash('process');
    this.#ledger.adopt(found, this.#wall);
  }

  async #stop(): Promise<void> {
    const life = this.#life;
    await this.#patiently(life.stop(), 'a stop');
    life.dead = true;
    this.#say('stop');
    this.outcome.stops++;
    if (this.#fs.openFiles !== 0) throw new Error(`${this.#fs.openFiles} files are open after a stop`);
    const before = snapshot(life);
    this.#wall = life.clock.wall();
    for (const topic of this.#ledger.topics.values()) topic.dropEphemeral();
    const look = new Life(this.#fs, new SimulatedClock(this.#wall, 0), this.#setup);
    await this.#patiently(look.store.load(), 'loading after a stop');
    look.settle();
    // Numbers of messages that a crash has taken are counted until their channels come by.
    const after = snapshot(look);
    if (this.#ledger.stopped(before, after)) this.#lossy = true;
    if (!this.#lossy && this.#ledger.once) checkSame(before, after, this.#wall);
    for (const topic of this.#ledger.topics.values()) topic.dispatchWaiting(this.#wall);
    // What comes next finds the same: looking changes nothing.
    look.dead = true;
    this.#fs = this.#fs.crash('process');
  }

  async #patiently(action: Promise<void>, what: string): Promise<void> {
    const state = { over: false };
    const watched = action.finally(() => {
      state.over = true;
    });
    watched.catch(() => undefined);
    for (let turns = 0; !state.over; turns++) {
      if (turns > PATIENCE) throw new Error(`${what} takes for ever`);
      await turn();
    }
    await watched;
  }

  // ---- what happens

  #step(): void {
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
    const all = Array.from({ length: delay > 0 ? 1 : random.between(1, 8) }, () =>
      this.#ledger.publish(name, random.chance(0.1) ? random.between(8, 3000) : random.between(8, 60), delay),
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
    this.outcome[publication.state]++;
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
    this.#subscriptions.push({ topic: topic.name, channel: name, ...subscribe(channel, random.below(20), settings), held: [] });
  }

  #channelOf(one: Subscription): Channel | undefined {
    const { channel } = one.consumer;
    return channel ?? undefined;
  }

  #answer(): void {
    const random = this.#random;
    const able = this.#subscriptions.filter(({ held }) => held.length > 0);
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
        this.outcome.finished++;
      }
    }
  }

  #setReady(): void {
    if (this.#subscriptions.length === 0) return;
    const one = this.#random.pick(this.#subscriptions);
    this.#channelOf(one)?.setReady(one.consumer, this.#random.below(30));
  }

  #leave(): void {
    if (this.#subscriptions.length === 0) return;
    const one = this.#random.pick(this.#subscriptions);
    this.#subscriptions = this.#subscriptions.filter((other) => other !== one);
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
      for (const one of this.#subscriptions) if (one.consumer.channel === channel) one.held = [];
    } else if (channel !== undefined && random.chance(0.5)) topic.deleteChannel(channel.name);
    if (what.startsWith('pause') || what.startsWith('unpause')) this.#life.store.changed(false);
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

  #deleted(channel: Channel): void {
    this.#ledger.topics.get(channel.topic.name)?.channels.delete(channel.name);
    this.#subscriptions = this.#subscriptions.filter((one) => one.topic !== channel.topic.name || one.channel !== channel.name);
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

  // ---- what must be

  /** Takes what has arrived. */
  #collect(): void {
    const wall = this.#life.clock.wall();
    for (const one of this.#subscriptions) {
      for (const message of one.output.take()) {
        const topic = this.#ledger.topics.get(one.topic);
        if (topic === undefined) throw new Error(`${message.body} comes from a topic that is deleted`);
        if (this.#ledger.publications.get(message.body)?.mayReturn === true) this.outcome.returned++;
        if (!one.channel.includes('#')) this.#ledger.received(topic, one.channel, message.body, message.attempts, wall);
        one.held = one.held.filter(({ idHi, idLo }) => idHi !== message.idHi || idLo !== message.idLo);
        one.held.push(message);
      }
    }
    const segments = this.#segments();
    this.outcome.freed += segments.filter((number) => number > 1).length > 0 && !segments.includes(1) ? 1 : 0;
  }

  #segments(): number[] {
    return this.#fs.files.flatMap((file) => {
      const match = /topics\/t\/(\d+)\.log$/.exec(file);
      return match === null ? [] : [Number(match[1])];
    });
  }

  /** Lets everything out: what is owed must come. */
  async #drain(): Promise<void> {
    const life = this.#life;
    for (const topic of life.topics) {
      const ledger = this.#ledger.topics.get(topic.name);
      if (ledger === undefined) throw new Error(`topic ${topic.name} should not be there`);
      topic.unpause();
      ledger.paused = false;
      ledger.dispatchWaiting(life.clock.wall());
      if (topic.channels.size === 0) {
        life.engine.channel(topic, 'a');
        ledger.create('a', life.clock.wall());
      }
      for (const channel of topic.channels.values()) await this.#drainChannel(topic, channel, ledger);
    }
  }

  async #drainChannel(topic: Topic, channel: Channel, ledger: TopicLedger): Promise<void> {
    const life = this.#life;
    channel.unpause();
    const one: Subscription = { topic: topic.name, channel: channel.name, ...subscribe(channel, 1000), held: [] };
    this.#subscriptions = [one];
    const owed = ledger.channels.get(channel.name)?.owed ?? new Map<string, unknown>();
    for (let idle = 0, rounds = 0; idle < 12 && rounds < 500; rounds++) {
      life.advance(1000);
      await life.work(4);
      this.#collect();
      idle = one.held.length > 0 || channel.depth > 0 ? 0 : idle + 1;
      for (const { idHi, idLo, body } of one.held.splice(0)) {
        expect(channel.finish(one.consumer, idHi, idLo)).toBe(Answer.Ok);
        owed.delete(body);
        ledger.channels.get(channel.name)?.finished.add(body);
      }
    }
    const left = [...owed.keys()].map((body) => body.replaceAll('.', ''));
    if (left.length > 0) throw new Error(`lost on ${topic.name}/${channel.name}: ${left.join(' ')}`);
    if (this.#ledger.once && !this.#lossy) expect([channel.depth, channel.inFlightCount, channel.deferredCount]).toEqual([0, 0, 0]);
  }
}
