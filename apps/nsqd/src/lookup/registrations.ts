import { encodeRegister, encodeUnregister } from '@nsq/protocol';

/** What there is: topics by name, each with its channels by name. A topic or channel that was made anew is another object. */
export type Topics = ReadonlyMap<string, { readonly channels: ReadonlyMap<string, object> }>;

/** One command to an nsqlookupd. */
export interface Registration {
  readonly bytes: Buffer;
  /** The command without its newline. */
  readonly text: string;
  readonly topic: string;
  /** Empty for a topic. */
  readonly channel: string;
  /** Part of what is said on a new connection, and no news. */
  readonly initial: boolean;
}

interface ToldTopic {
  readonly topic: object;
  readonly channels: Map<string, object>;
}

/**
 * What one nsqlookupd has been told, against what there is. Only names wait here, never commands: however long nobody asks for the next
 * command, at most one UNREGISTER and one REGISTER of each name are due, and what came and went meanwhile is not mentioned.
 */
export class Registrations {
  readonly #topics: Topics;
  readonly #told = new Map<string, ToldTopic>();
  readonly #changed = new Map<string, Set<string>>(); // topics to look at, and their channels
  readonly #refused = new WeakSet(); // topics and channels whose names it does not take
  #initial = new Set<string>(); // topics to be told of on a new connection
  #commands: Generator<Registration> | null = null; // of the topic under way

  constructor(topics: Topics) {
    this.#topics = topics;
  }

  /** It has been told nothing: everything is due. */
  restart(): void {
    this.#told.clear();
    this.#changed.clear();
    this.#commands = null;
    this.#initial = new Set(this.#topics.keys());
    for (const name of this.#initial) this.#changed.set(name, new Set());
  }

  /** A topic, or one of its channels, has come or gone. */
  changed(topic: string, channel = ''): void {
    let channels = this.#changed.get(topic);
    if (channels === undefined) this.#changed.set(topic, (channels = new Set()));
    if (channel !== '') channels.add(channel);
  }

  /** Not to be registered again: the nsqlookupd ends the connection over its name, and would do so again and again. */
  refuse({ topic, channel }: Registration): void {
    const there = this.#topics.get(topic);
    const subject = channel === '' ? there : there?.channels.get(channel);
    if (subject !== undefined) this.#refused.add(subject);
  }

  /** The next command that is due, which from now on counts as carried out; null when nothing is. */
  next(): Registration | null {
    for (;;) {
      this.#commands ??= this.#nextTopic();
      if (this.#commands === null) return null;
      const { value, done } = this.#commands.next() as IteratorResult<Registration, undefined>;
      if (done !== true) return value;
      this.#commands = null;
    }
  }

  #nextTopic(): Generator<Registration> | null {
    for (const [name, channels] of this.#changed) {
      this.#changed.delete(name);
      return this.#commandsOf(name, channels, this.#initial.delete(name));
    }
    return null;
  }

  *#commandsOf(name: string, channels: Iterable<string>, initial: boolean): Generator<Registration> {
    const topic = this.#topics.get(name);
    let told = this.#told.get(name);
    if (told !== undefined && told.topic !== topic) {
      this.#told.delete(name);
      yield unregister(name, '');
      for (const channel of told.channels.keys()) yield unregister(name, channel);
      told = undefined;
    }
    if (topic === undefined || this.#refused.has(topic)) return;
    if (told === undefined) {
      told = { topic, channels: new Map() };
      this.#told.set(name, told);
      // To register a channel registers its topic.
      if (!initial || topic.channels.size === 0) yield register(name, '', initial);
      channels = topic.channels.keys();
    }
    for (const channel of channels) {
      const there = topic.channels.get(channel);
      if (told.channels.get(channel) === there) continue;
      if (told.channels.delete(channel)) yield unregister(name, channel);
      if (there === undefined || this.#refused.has(there)) continue;
      told.channels.set(channel, there);
      yield register(name, channel, initial);
    }
  }
}

function register(topic: string, channel: string, initial: boolean): Registration {
  return { bytes: encodeRegister(topic, channel), text: textOf('REGISTER', topic, channel), topic, channel, initial };
}

function unregister(topic: string, channel: string): Registration {
  return { bytes: encodeUnregister(topic, channel), text: textOf('UNREGISTER', topic, channel), topic, channel, initial: false };
}

function textOf(command: string, topic: string, channel: string): string {
  return channel === '' ? `${command} ${topic}` : `${command} ${topic} ${channel}`;
}
