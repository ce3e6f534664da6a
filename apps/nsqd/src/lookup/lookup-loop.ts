import { isEphemeral, isValidName, encodeLookupIdentify, type LookupPeerInfo } from '@nsq/protocol';
import type { Logger } from '@nsq/service';
import type { Channel } from '../queue/channel.js';
import type { Engine } from '../queue/engine.js';
import type { Topic } from '../queue/topic.js';
import { ChannelQuery, channelsUrl, type ChannelQueryLimits } from './channel-query.js';
import { LookupPeer } from './lookup-peer.js';
import { PeerState } from './peer-machine.js';
import { Registrations } from './registrations.js';
import { SharedLookup } from './shared-lookup.js';

/** Channels that are made for a new topic; who claims to know more is not believed. */
const MAX_CHANNELS = 10_000;

export interface LookupSetup extends ChannelQueryLimits {
  readonly engine: Engine;
  readonly logger: Logger;
  readonly version: string;
  /** What this nsqd says of itself, asked for at each connection. */
  readonly identity: () => LookupPeerInfo;
}

/** How many nsqlookupds there are, and with how many of them a connection stands. */
export interface LookupStatus {
  readonly configured: number;
  readonly connected: number;
}

/**
 * Tells every nsqlookupd which topics and channels there are, and asks them which channels a new topic has elsewhere. Each has a connection
 * and a pace of its own: one that hangs holds up nobody else.
 */
export class LookupLoop {
  readonly #setup: LookupSetup;
  readonly #names = new SharedLookup();
  readonly #query: ChannelQuery;
  readonly #peers = new Map<string, LookupPeer>();
  #addresses: readonly string[] = [];
  #running = false;
  #pumping = false;

  constructor(setup: LookupSetup) {
    this.#setup = setup;
    this.#query = new ChannelQuery(setup, `nsqd/${setup.version}`, this.#names.lookup);
  }

  /** Runs until the signal. Without any address too: they may come later. */
  async run(signal: AbortSignal): Promise<void> {
    this.#running = true;
    this.setAddresses(this.#addresses);
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    this.#running = false;
    this.#setup.logger.info('LOOKUP: closing');
    this.#query.close();
    for (const peer of this.#peers.values()) peer.stop();
    this.#peers.clear();
  }

  /** The nsqlookupds from now on, `host:port` each. Those that stay are not disturbed; one that goes sees its connection end. */
  setAddresses(addresses: readonly string[]): void {
    this.#addresses = [...addresses];
    if (!this.#running) return;
    const { logger } = this.#setup;
    const wanted = new Set(addresses);
    for (const [address, peer] of this.#peers) {
      if (wanted.has(address)) continue;
      logger.info(`LOOKUP(${address}): removing peer`);
      this.#peers.delete(address);
      peer.stop();
    }
    for (const address of wanted) {
      if (this.#peers.has(address)) continue;
      logger.info(`LOOKUP(${address}): adding peer`);
      const peer = this.#peer(address);
      this.#peers.set(address, peer);
      peer.machine.start();
    }
  }

  get status(): LookupStatus {
    const connected = [...this.#peers.values()].filter(({ machine }) => machine.state === PeerState.Ready).length;
    return { configured: this.#peers.size, connected };
  }

  /** Whether there is somebody to ask for the channels of a new topic, which must not flow before it has them. */
  get holdsTopics(): boolean {
    return this.#peers.size > 0;
  }

  #peer(address: string): LookupPeer {
    const { engine, identity, logger, maxReplyBytes } = this.#setup;
    return new LookupPeer(
      {
        address,
        logger,
        registrations: new Registrations(engine.topics),
        identify: () => encodeLookupIdentify(identity()),
        now: () => performance.now(),
        random: Math.random,
      },
      { maxReplyBytes, lookup: this.#names.lookup },
    );
  }

  // ---- what changes

  /** A topic is there. If it is held, it is started when it has its channels. */
  topicCreated(topic: Topic): void {
    this.#changed(topic.name);
    if (!topic.started && this.holdsTopics) void this.#fill(topic);
  }

  topicDeleted(topic: Topic): void {
    this.#changed(topic.name);
  }

  /** A channel has come or gone. */
  channelChanged(channel: Channel): void {
    this.#changed(channel.topic.name, channel.name);
  }

  #changed(topic: string, channel = ''): void {
    if (!this.holdsTopics) return;
    for (const peer of this.#peers.values()) peer.registrations.changed(topic, channel);
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      for (const peer of this.#peers.values()) peer.machine.pump();
    });
  }

  // ---- a new topic

  /** Makes the channels that a new topic has elsewhere, then lets its messages flow, whatever came of it. */
  async #fill(topic: Topic): Promise<void> {
    const { engine, logger } = this.#setup;
    try {
      const channels = await this.#channelsOf(topic.name);
      engine.tick();
      for (const name of channels) {
        if (topic.exiting || engine.exiting || !this.#running) break;
        engine.channel(topic, name);
      }
    } catch (error) {
      logger.error(`TOPIC(${topic.name}): internal error - ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    } finally {
      engine.tick();
      topic.start();
    }
  }

  /** Valid names of channels that are not ephemeral. */
  async #channelsOf(topic: string): Promise<readonly string[]> {
    const { logger } = this.#setup;
    const peers = [...this.#peers.values()];
    // A topic that is there as soon as the daemon is must not miss what an nsqlookupd knows that is about to answer.
    const begun = performance.now();
    await atMost(this.#query.requestTimeout, Promise.all(peers.map(({ firstAttempt }) => firstAttempt)));
    if (!this.#running) return [];
    const urls = new Map<string, URL>();
    for (const { machine } of peers) {
      if (machine.info === null || machine.info.broadcastAddress === '') continue;
      const url = channelsUrl(machine.info.broadcastAddress, machine.info.httpPort, topic);
      if (url !== undefined) urls.set(url.href, url);
    }
    if (urls.size === 0) {
      logger.error(`no available nsqlookupd to query for channels to pre-create for topic ${topic}`);
      return [];
    }
    for (const url of urls.keys()) logger.info(`CI: querying nsqlookupd ${url}`);
    const { channels, failures } = await this.#query.ask([...urls.values()], performance.now() - begun);
    if (failures.length > 0) {
      const all = failures.length === urls.size ? 'failed to query any nsqlookupd: ' : '';
      logger.warn(`failed to query nsqlookupd for channels to pre-create for topic ${topic} - ${all}${failures.join(', ')}`);
    }
    const lasting = channels.filter((name) => isValidName(name) && !isEphemeral(name));
    if (lasting.length > MAX_CHANNELS)
      logger.warn(`nsqlookupd knows ${lasting.length} channels of topic ${topic}, creating ${MAX_CHANNELS}`);
    return lasting.slice(0, MAX_CHANNELS);
  }
}

/** Waits for it, though no longer than so many milliseconds. */
async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
