import { isEphemeral } from '@nsq/protocol';
import type { Clock, Moment } from './clock.js';
import { Peer, type PeerInfo, type Producer } from './peer.js';

export type Category = 'client' | 'topic' | 'channel';

/** What owns a set of producers: all clients, a topic, or a channel of a topic. Unused parts of the key are empty. */
export interface Registration {
  readonly category: Category;
  readonly key: string;
  readonly subkey: string;
}

/** Called for changes of membership that a peer makes by a command or by going away, not for those made over HTTP. */
export interface DbEvents {
  registered(peer: Peer, registration: Registration): void;
  /** @param unexpected a channel that its nsqd should have taken away before the topic */
  unregistered(peer: Peer, registration: Registration, unexpected: boolean): void;
}

/** Milliseconds. */
export interface DbLimits {
  /** A peer that has been silent for longer is hidden. */
  readonly inactiveProducerTimeout: number;
  /** A tombstone hides a producer for so long. */
  readonly tombstoneLifetime: number;
}

/** A peer that is not inactive, with its topics. */
export interface Node {
  readonly peer: Peer;
  readonly topics: readonly { readonly topic: string; readonly tombstoned: boolean }[];
}

const CLIENT: Registration = { category: 'client', key: '', subkey: '' };

/**
 * Who produces what. Memberships are kept from both ends, so that neither a lookup nor the loss of a peer looks at anything else:
 *
 *   topic   -> peer -> producer (with its tombstone)      peer -> topic -> the same producer
 *   topic   -> channel -> peers                           peer -> topic -> channels
 *
 * A registration without producers stays, and is listed, until it is deleted. Channels are independent of the registration of their
 * topic: an ephemeral topic that goes away leaves them behind. Names are taken as they are: callers check them.
 */
export class RegistrationDb {
  /** Rises with each change that may show in what can be asked, other than by the passing of time. */
  version = 0;
  readonly #clock: Clock;
  readonly #limits: DbLimits;
  readonly #events: DbEvents;
  readonly #peers = new Set<Peer>();
  readonly #topics = new Map<string, Map<Peer, Producer>>();
  readonly #channels = new Map<string, Map<string, Set<Peer>>>(); // no inner map is empty

  constructor(clock: Clock, limits: DbLimits, events: DbEvents) {
    this.#clock = clock;
    this.#limits = limits;
    this.#events = events;
  }

  // ---- what a connection does

  /** IDENTIFY. */
  identify(info: PeerInfo): Peer {
    const peer = new Peer(info, this.#clock());
    this.#peers.add(peer);
    this.#events.registered(peer, CLIENT);
    return peer;
  }

  /** PING. @returns milliseconds since the last one, or since IDENTIFY */
  ping(peer: Peer): number {
    const now = this.#clock();
    const elapsed = now.monotonic - peer.lastUpdate.monotonic;
    if (!this.#isActive(peer, now)) this.version++;
    peer.lastUpdate = now;
    return elapsed;
  }

  /** REGISTER. Where the peer already is nothing changes, its tombstone included. @param channel empty for the topic alone */
  register(peer: Peer, topic: string, channel = ''): void {
    if (channel !== '') {
      const members = this.#channelMembers(topic, channel);
      if (!members.has(peer)) {
        members.add(peer);
        this.version++;
        setOf(peer.channels, topic).add(channel);
        this.#events.registered(peer, { category: 'channel', key: topic, subkey: channel });
      }
    }
    const producers = this.#topicProducers(topic);
    if (producers.has(peer)) return;
    const producer: Producer = { peer, tombstonedAt: null };
    producers.set(peer, producer);
    this.version++;
    peer.topics.set(topic, producer);
    this.#events.registered(peer, { category: 'topic', key: topic, subkey: '' });
  }

  /**
   * UNREGISTER. Without a channel the peer leaves all channels of the topic too. What is ephemeral goes away when nobody is left in it.
   * @param channel empty for the topic
   */
  unregister(peer: Peer, topic: string, channel = ''): void {
    this.version++;
    if (channel !== '') {
      this.#leaveChannel(peer, topic, channel, false);
      if (isEphemeral(channel) && this.#channels.get(topic)?.get(channel)?.size === 0) this.#removeChannel(topic, channel);
      return;
    }
    for (const each of peer.channels.get(topic) ?? []) this.#leaveChannel(peer, topic, each, true);
    this.#leaveTopic(peer, topic);
    if (isEphemeral(topic) && this.#topics.get(topic)?.size === 0) this.#topics.delete(topic);
  }

  /** The connection is gone: the peer leaves everything. No registration goes away by that. */
  leave(peer: Peer): void {
    this.version++;
    for (const [topic, channels] of peer.channels) {
      for (const channel of channels) this.#leaveChannel(peer, topic, channel, false);
    }
    for (const topic of peer.topics.keys()) this.#leaveTopic(peer, topic);
    if (this.#peers.delete(peer)) this.#events.unregistered(peer, CLIENT, false);
  }

  #leaveTopic(peer: Peer, topic: string): void {
    if (!peer.topics.delete(topic)) return;
    this.#topics.get(topic)?.delete(peer);
    this.#events.unregistered(peer, { category: 'topic', key: topic, subkey: '' }, false);
  }

  #leaveChannel(peer: Peer, topic: string, channel: string, unexpected: boolean): void {
    const own = peer.channels.get(topic);
    if (own?.delete(channel) !== true) return;
    if (own.size === 0) peer.channels.delete(topic);
    this.#channels.get(topic)?.get(channel)?.delete(peer);
    this.#events.unregistered(peer, { category: 'channel', key: topic, subkey: channel }, unexpected);
  }

  // ---- what an administrator does

  /** Creates the topic if there is none. */
  createTopic(topic: string): void {
    this.version++;
    this.#topicProducers(topic);
  }

  /** Creates the channel, and its topic, as far as there is none. */
  createChannel(topic: string, channel: string): void {
    this.version++;
    this.#channelMembers(topic, channel);
    this.createTopic(topic);
  }

  #topicProducers(topic: string): Map<Peer, Producer> {
    let producers = this.#topics.get(topic);
    if (producers === undefined) this.#topics.set(topic, (producers = new Map<Peer, Producer>()));
    return producers;
  }

  #channelMembers(topic: string, channel: string): Set<Peer> {
    let channels = this.#channels.get(topic);
    if (channels === undefined) this.#channels.set(topic, (channels = new Map<string, Set<Peer>>()));
    return setOf(channels, channel);
  }

  /** Removes the topic and all its channels, whoever is in them; nothing when there is none. */
  deleteTopic(topic: string): void {
    this.version++;
    for (const members of this.#channels.get(topic)?.values() ?? []) {
      for (const peer of members) peer.channels.delete(topic);
    }
    this.#channels.delete(topic);
    for (const peer of this.#topics.get(topic)?.keys() ?? []) peer.topics.delete(topic);
    this.#topics.delete(topic);
  }

  /** Removes the channel, whoever is in it. @returns false when there is none */
  deleteChannel(topic: string, channel: string): boolean {
    const members = this.#channels.get(topic)?.get(channel);
    if (members === undefined) return false;
    for (const peer of members) {
      const own = peer.channels.get(topic);
      own?.delete(channel);
      if (own?.size === 0) peer.channels.delete(topic);
    }
    this.#removeChannel(topic, channel);
    return true;
  }

  #removeChannel(topic: string, channel: string): void {
    this.version++;
    const channels = this.#channels.get(topic);
    channels?.delete(channel);
    if (channels?.size === 0) this.#channels.delete(topic);
  }

  /** Hides the producers of the topic at `node`, that is `<broadcast address>:<HTTP port>`, for the lifetime of a tombstone. */
  tombstone(topic: string, node: string): void {
    const now = this.#clock();
    this.version++;
    for (const producer of this.#topics.get(topic)?.values() ?? []) {
      const { broadcastAddress, httpPort } = producer.peer.info;
      if (`${broadcastAddress}:${httpPort}` === node) producer.tombstonedAt = now;
    }
  }

  // ---- what can be asked

  /** All topics, with producers or without. */
  topics(): Iterable<string> {
    return this.#topics.keys();
  }

  hasTopic(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** All channels of a topic, with producers or without; none when there is no such topic. */
  channels(topic: string): Iterable<string> {
    return this.#channels.get(topic)?.keys() ?? [];
  }

  /** The producers of a topic that are neither inactive nor tombstoned; undefined when there is no such topic. */
  lookup(topic: string): Peer[] | undefined {
    const producers = this.#topics.get(topic);
    if (producers === undefined) return undefined;
    const now = this.#clock();
    const found: Peer[] = [];
    for (const producer of producers.values()) {
      if (this.#isActive(producer.peer, now) && !this.#isTombstoned(producer, now)) found.push(producer.peer);
    }
    return found;
  }

  /** The earliest moment at which `lookup` may say something else because time has passed: on the monotonic clock, Infinity for never. */
  changesAt(topic: string): number {
    const now = this.#clock();
    let at = Infinity;
    for (const producer of this.#topics.get(topic)?.values() ?? []) {
      // An inactive one comes back by a PING only.
      if (!this.#isActive(producer.peer, now)) continue;
      at = Math.min(at, producer.peer.lastUpdate.monotonic + this.#limits.inactiveProducerTimeout);
      if (this.#isTombstoned(producer, now)) at = Math.min(at, (producer.tombstonedAt?.monotonic ?? 0) + this.#limits.tombstoneLifetime);
    }
    return at;
  }

  /** All peers that are not inactive. */
  nodes(): Node[] {
    const now = this.#clock();
    const found: Node[] = [];
    for (const peer of this.#peers) {
      if (!this.#isActive(peer, now)) continue;
      const topics = Array.from(peer.topics, ([topic, producer]) => ({ topic, tombstoned: this.#isTombstoned(producer, now) }));
      found.push({ peer, topics });
    }
    return found;
  }

  /** How much there is; producers are peers, inactive ones are hidden. */
  counts(): { readonly active: number; readonly inactive: number; readonly topics: number; readonly channels: number } {
    const now = this.#clock();
    let active = 0;
    for (const peer of this.#peers) if (this.#isActive(peer, now)) active++;
    let channels = 0;
    for (const each of this.#channels.values()) channels += each.size;
    return { active, inactive: this.#peers.size - active, topics: this.#topics.size, channels };
  }

  /** Every registration that has producers, hidden or not. */
  *registrations(): Generator<{ readonly registration: Registration; readonly producers: Iterable<Producer> }> {
    const plain = (peers: Iterable<Peer>): Producer[] => Array.from(peers, (peer) => ({ peer, tombstonedAt: null }));
    if (this.#peers.size > 0) yield { registration: CLIENT, producers: plain(this.#peers) };
    for (const [key, producers] of this.#topics) {
      if (producers.size > 0) yield { registration: { category: 'topic', key, subkey: '' }, producers: producers.values() };
    }
    for (const [key, channels] of this.#channels) {
      for (const [subkey, members] of channels) {
        if (members.size > 0) yield { registration: { category: 'channel', key, subkey }, producers: plain(members) };
      }
    }
  }

  #isActive(peer: Peer, now: Moment): boolean {
    return now.monotonic - peer.lastUpdate.monotonic <= this.#limits.inactiveProducerTimeout;
  }

  #isTombstoned({ tombstonedAt }: Producer, now: Moment): boolean {
    return tombstonedAt !== null && now.monotonic - tombstonedAt.monotonic < this.#limits.tombstoneLifetime;
  }
}

function setOf<T>(sets: Map<string, Set<T>>, key: string): Set<T> {
  let set = sets.get(key);
  if (set === undefined) sets.set(key, (set = new Set()));
  return set;
}
