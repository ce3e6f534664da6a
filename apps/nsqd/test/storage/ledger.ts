/** One message that was published, and what its publisher was told. */
export interface Publication {
  readonly body: string;
  readonly topic: string;
  readonly delay: number;
  state: 'pending' | 'accepted' | 'refused';
  /** A process has ended since: it may come, whatever its publisher was told. */
  mayReturn: boolean;
}

/** A message that a channel has to deliver. */
export interface Owed {
  /** Not before this time of the day, milliseconds. */
  dueAt: number;
  /** Of its last delivery. */
  attempts: number;
  /** Deferred by a publish, which outlives the process; a requeue's delay does so only in a clean stop. */
  published: boolean;
  /** Accepted when the channel was there: the channel must outlive a crash with it. */
  guarded: boolean;
  /** It has come though it need not: another crash may take it. */
  extra: boolean;
}

export interface ChannelLedger {
  readonly owed: Map<string, Owed>;
  readonly finished: Set<string>;
}

/** A message comes to channels; one that is gone meanwhile takes it along. */
export function dispatch({ body, delay }: Publication, channels: Iterable<ChannelLedger>, wall: number, guarded: boolean): void {
  for (const { owed } of channels)
    owed.set(body, { dueAt: delay > 0 ? wall + delay : 0, attempts: 0, published: delay > 0, guarded, extra: false });
}

/** What the rules say of one topic. */
export class TopicLedger {
  readonly name: string;
  readonly channels = new Map<string, ChannelLedger>();
  /** Accepted, and dispatched to no channel. */
  readonly waiting = new Map<string, Publication>();
  paused = false;

  constructor(name: string) {
    this.name = name;
  }

  get flows(): boolean {
    return !this.paused && this.channels.size > 0;
  }

  create(channel: string, wall: number): void {
    if (this.channels.has(channel)) return;
    this.channels.set(channel, { owed: new Map(), finished: new Set() });
    this.dispatchWaiting(wall);
  }

  dispatchWaiting(wall: number): void {
    if (!this.flows) return;
    for (const publication of this.waiting.values()) dispatch(publication, this.channels.values(), wall, false);
    this.waiting.clear();
  }

  /** Ephemeral channels end with the process. */
  dropEphemeral(): void {
    for (const name of [...this.channels.keys()]) if (name.includes('#')) this.channels.delete(name);
  }

  get owesNothing(): boolean {
    return this.waiting.size === 0 && [...this.channels.values()].every(({ owed }) => owed.size === 0);
  }
}

/** What must be delivered, kept next to the processes that are driven at random. */
export class Ledger {
  readonly topics = new Map<string, TopicLedger>();
  readonly publications = new Map<string, Publication>();
  /** Names of topics, and of channels as `topic/channel`, that were there at some time. */
  readonly known = new Set<string>();
  /** The numbers are known, and nothing else may come. False once a process has ended without a stop. */
  exact = true;
  /** Nothing that is finished comes again in the same process. */
  once = true;
  #count = 0;

  topic(name: string): TopicLedger {
    let topic = this.topics.get(name);
    if (topic === undefined) {
      topic = new TopicLedger(name);
      this.topics.set(name, topic);
      this.known.add(name);
    }
    return topic;
  }

  publish(topic: string, size: number, delay: number): Publication {
    const body = `${topic}${this.#count++}-`.padEnd(size, '.');
    const publication: Publication = { body, topic, delay, state: 'pending', mayReturn: false };
    this.publications.set(body, publication);
    return publication;
  }

  /**
   * A process has stopped. What was refused may be stored all the same, when it could not be cut off again: it comes back then.
   * @returns whether that has happened
   */
  stopped(before: ReadonlyMap<string, { readonly head: number }>, after: ReadonlyMap<string, { readonly head: number }>): boolean {
    let back = false;
    for (const publication of this.publications.values()) {
      if (publication.state !== 'refused') continue;
      publication.mayReturn = true;
      back ||= (after.get(publication.topic)?.head ?? 0) > (before.get(publication.topic)?.head ?? 0);
    }
    if (back) this.exact = false;
    return back;
  }

  /** It may come, and need not. */
  excuse(body: string): void {
    const publication = this.publications.get(body);
    if (publication !== undefined) publication.mayReturn = true;
  }

  /** A message has arrived. @throws when it must not */
  received(topic: TopicLedger, channelName: string, body: string, attempts: number, wall: number): void {
    const what = `${body.replaceAll('.', '')} on ${topic.name}/${channelName}`;
    const publication = this.publications.get(body);
    if (publication?.topic !== topic.name) throw new Error(`${what} was never published`);
    if (!publication.mayReturn && publication.state !== 'accepted') throw new Error(`${what} is ${publication.state}`);
    const channel = topic.channels.get(channelName);
    if (channel === undefined) throw new Error(`${what}: there is no such channel`);
    if (this.once && channel.finished.has(body)) throw new Error(`${what} is finished and comes again`);
    const owed = channel.owed.get(body);
    if (owed === undefined) {
      if (this.exact || !publication.mayReturn) throw new Error(`${what} comes, but nothing owes it`);
      channel.owed.set(body, { dueAt: 0, attempts, published: false, guarded: false, extra: true });
      return;
    }
    if (this.once && wall < owed.dueAt) throw new Error(`${what} comes ${owed.dueAt - wall} ms early`);
    if (this.exact ? attempts !== owed.attempts + 1 : this.once && attempts <= owed.attempts) {
      throw new Error(`${what} comes with ${attempts} attempts after ${owed.attempts}`);
    }
    owed.attempts = attempts;
    owed.dueAt = 0;
  }

  /** A process has ended without a stop. @param lossy what it had accepted may be lost */
  crashed(lossy: boolean): void {
    this.exact = false;
    for (const publication of this.publications.values()) publication.mayReturn = true;
    for (const topic of this.topics.values()) {
      topic.dropEphemeral();
      if (lossy) topic.waiting.clear();
      for (const { owed, finished } of topic.channels.values()) {
        if (lossy) owed.clear();
        finished.clear();
        for (const [body, each] of owed) {
          if (each.extra) owed.delete(body);
          each.attempts = 0;
          if (!each.published) each.dueAt = 0;
        }
      }
    }
  }

  /**
   * Takes over what a process found after a crash.
   * @param found channels and pause of each topic @param wall before it looked @throws when something is missing that holds messages
   */
  adopt(found: ReadonlyMap<string, { readonly channels: readonly string[]; readonly paused: boolean }>, wall: number): void {
    for (const topic of [...this.topics.values()]) {
      const there = found.get(topic.name);
      if (there === undefined) {
        if (!topic.owesNothing) throw new Error(`topic ${topic.name} is lost, and its messages`);
        this.topics.delete(topic.name);
      } else this.#adopt(topic, there, wall);
    }
    for (const [name, there] of found) {
      if (this.topics.has(name)) continue;
      if (!this.known.has(name)) throw new Error(`topic ${name} was never there`);
      this.#adopt(this.topic(name), there, wall);
    }
  }

  #adopt(topic: TopicLedger, there: { readonly channels: readonly string[]; readonly paused: boolean }, wall: number): void {
    for (const [name, channel] of [...topic.channels]) {
      if (there.channels.includes(name)) continue;
      for (const [body, { guarded }] of channel.owed) {
        if (guarded) throw new Error(`channel ${topic.name}/${name} is lost, and its messages`);
        const publication = this.publications.get(body);
        if (there.channels.length === 0 && publication !== undefined) topic.waiting.set(body, publication);
      }
      topic.channels.delete(name);
    }
    for (const name of there.channels) {
      if (topic.channels.has(name)) continue;
      if (!this.known.has(`${topic.name}/${name}`)) throw new Error(`channel ${topic.name}/${name} was never there`);
      topic.channels.set(name, { owed: new Map(), finished: new Set() });
    }
    topic.paused = there.paused;
    topic.dispatchWaiting(wall);
  }
}
