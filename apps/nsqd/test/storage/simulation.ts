import { SeededRandom, SimulatedFileSystem } from '@nsq/commit-log/testing';
import { Answer, type Channel } from '../../src/queue/channel.js';
import type { Topic } from '../../src/queue/topic.js';
import type { Durability } from '../../src/storage/storage-context.js';
import { subscribe } from '../queue/fixture.js';
import { checkCounts, checkPositions, checkSame, snapshot } from './checks.js';
import { Ledger, type TopicLedger } from './ledger.js';
import { Life, patiently, SimulatedClock, type Setup } from './life.js';
import { Load, Outcome, type Subscription } from './load.js';

/** A daemon's storage over some processes, each driven at random and ended by a stop, a kill or a power failure. */
export class Simulation {
  readonly outcome = new Outcome();
  readonly #random: SeededRandom;
  readonly #setup: Setup;
  readonly #failing: boolean;
  readonly #ledger = new Ledger();
  readonly #say: (line: string) => void;
  #fs: SimulatedFileSystem;
  #life!: Life;
  #load!: Load;
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
        this.#load.step();
        await this.#life.work(this.#random.pick([0, 0, 1, 2, 5]));
        this.#load.collect();
        if (this.#segments().length > 0 && !this.#segments().includes(1)) this.outcome.freed++;
        checkPositions(this.#life);
        if (this.#ledger.exact) checkCounts(this.#life, this.#ledger);
      }
      await this.#end();
      await this.#start();
    }
    this.#fs.heal();
    this.#fs.capacity = Infinity;
    await this.#drain();
    await patiently(this.#life.stop(), 'the last stop');
    this.#life.dead = true;
    expect(this.#fs.openFiles).toBe(0);
  }

  // ---- processes

  async #start(): Promise<void> {
    this.#wall += this.#random.pick([0, 10, 1000, 100_000]);
    const clock = new SimulatedClock(this.#wall, this.#random.between(0, 5000));
    const life = new Life(this.#fs, clock, this.#setup, (channel) => this.#load.deleted(channel));
    this.#life = life;
    const { outcome } = this;
    this.#load = new Load(life, this.#fs, { ledger: this.#ledger, random: this.#random, failing: this.#failing, outcome, say: this.#say });
    clock.pass(this.#random.pick([0, 0, 300])); // loading takes its time
    await patiently(life.store.load(), 'loading');
    await patiently(life.store.persist(), 'persisting');
    checkPositions(life);
  }

  async #end(): Promise<void> {
    const { durability } = this.#setup;
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
    await patiently(look.store.load(), 'loading after a crash');
    const found = new Map(
      look.topics.map((topic) => [topic.name, { channels: [...topic.channels.values()].map(({ name }) => name), paused: topic.paused }]),
    );
    look.dead = true;
    this.#fs = this.#fs.crash('process');
    this.#ledger.adopt(found, this.#wall);
  }

  async #stop(): Promise<void> {
    const life = this.#life;
    await patiently(life.stop(), 'a stop');
    life.dead = true;
    this.#say('stop');
    this.outcome.stops++;
    if (this.#fs.openFiles !== 0) throw new Error(`${this.#fs.openFiles} files are open after a stop`);
    const before = snapshot(life);
    this.#wall = life.clock.wall();
    for (const topic of this.#ledger.topics.values()) topic.dropEphemeral();
    const look = new Life(this.#fs, new SimulatedClock(this.#wall, 0), this.#setup);
    await patiently(look.store.load(), 'loading after a stop');
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

  // ---- the end

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
    this.#load.subscriptions = [one];
    const owed = ledger.channels.get(channel.name)?.owed ?? new Map<string, unknown>();
    for (let idle = 0, rounds = 0; idle < 12 && rounds < 500; rounds++) {
      life.advance(1000);
      await life.work(4);
      this.#load.collect();
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
