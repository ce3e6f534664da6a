import { packMpub, toBuffer, type Body } from '../body.js';
import { HttpApi, type CallOptions, type HttpOptions } from './http-request.js';
import type { NsqdInfo, NsqdStats } from './nsqd-stats.js';

const DEFAULT_NSQD_HTTP_PORT = 4151;

export interface StatsOptions extends CallOptions {
  /** Only this topic. */
  readonly topic?: string;
  /** Only this channel. */
  readonly channel?: string;
  /** @default true */
  readonly includeClients?: boolean;
  /** @default true */
  readonly includeMemory?: boolean;
}

export interface HttpPublishOptions extends CallOptions {
  /** Milliseconds to hold the message back. */
  readonly defer?: number;
}

type NullableStats = Omit<NsqdStats, 'topics' | 'producers'> & { readonly [list in 'topics' | 'producers']: NsqdStats[list] | null };

/** The HTTP API of an nsqd. All of it rejects with NsqError; `code` has what the daemon says, `TOPIC_NOT_FOUND` for instance. */
export class NsqdHttpClient {
  readonly #api: HttpApi;

  /** @param address `host:port` (4151 without a port), a URL, or the path of a unix socket */
  constructor(address: string, options: HttpOptions = {}) {
    this.#api = new HttpApi(address, DEFAULT_NSQD_HTTP_PORT, options);
  }

  get address(): string {
    return this.#api.address;
  }

  /** @throws {NsqHttpError} `ERR_NSQ_HTTP` with `NOK - ` and why in its message, when the daemon is not healthy */
  async ping(options?: CallOptions): Promise<void> {
    await this.#api.text('GET', '/ping', options);
  }

  info(options?: CallOptions): Promise<NsqdInfo> {
    return this.#api.json('GET', '/info', options);
  }

  async stats(options: StatsOptions = {}): Promise<NsqdStats> {
    const { topic, channel, includeClients, includeMemory, signal } = options;
    const query = { format: 'json', topic, channel, include_clients: includeClients, include_mem: includeMemory };
    const stats = await this.#api.json<NullableStats>('GET', '/stats', { signal, query });
    return { ...stats, topics: stats.topics ?? [], producers: stats.producers ?? [] };
  }

  /** One message. */
  async publish(topic: string, body: Body, options: HttpPublishOptions = {}): Promise<void> {
    await this.#api.text('POST', '/pub', { signal: options.signal, query: { topic, defer: options.defer }, body: toBuffer(body) });
  }

  /** Several messages, accepted together or not at all. */
  async publishAll(topic: string, bodies: readonly Body[], options: CallOptions = {}): Promise<void> {
    await this.#api.text('POST', '/mpub', { ...options, query: { topic, binary: true }, body: packMpub(bodies.map(toBuffer)) });
  }

  createTopic(topic: string, options?: CallOptions): Promise<void> {
    return this.#post('/topic/create', { topic }, options);
  }

  deleteTopic(topic: string, options?: CallOptions): Promise<void> {
    return this.#post('/topic/delete', { topic }, options);
  }

  /** Drops what is in the topic itself; its channels keep what they have. */
  emptyTopic(topic: string, options?: CallOptions): Promise<void> {
    return this.#post('/topic/empty', { topic }, options);
  }

  pauseTopic(topic: string, options?: CallOptions): Promise<void> {
    return this.#post('/topic/pause', { topic }, options);
  }

  unpauseTopic(topic: string, options?: CallOptions): Promise<void> {
    return this.#post('/topic/unpause', { topic }, options);
  }

  createChannel(topic: string, channel: string, options?: CallOptions): Promise<void> {
    return this.#post('/channel/create', { topic, channel }, options);
  }

  deleteChannel(topic: string, channel: string, options?: CallOptions): Promise<void> {
    return this.#post('/channel/delete', { topic, channel }, options);
  }

  /** Drops everything in the channel, what is in flight and deferred too. */
  emptyChannel(topic: string, channel: string, options?: CallOptions): Promise<void> {
    return this.#post('/channel/empty', { topic, channel }, options);
  }

  pauseChannel(topic: string, channel: string, options?: CallOptions): Promise<void> {
    return this.#post('/channel/pause', { topic, channel }, options);
  }

  unpauseChannel(topic: string, channel: string, options?: CallOptions): Promise<void> {
    return this.#post('/channel/unpause', { topic, channel }, options);
  }

  /** The value of an option as nsqd writes it: JSON for numbers, booleans and lists, bare text for strings. @param option key of the config file */
  config(option: string, options: CallOptions = {}): Promise<string> {
    return this.#api.text('GET', `/config/${encodeURIComponent(option)}`, options);
  }

  /** Sets `nsqlookupd_tcp_addresses` (a JSON list) or `log_level` (a bare word) until the daemon stops. Gives the new value. */
  setConfig(option: string, value: string, options: CallOptions = {}): Promise<string> {
    return this.#api.text('PUT', `/config/${encodeURIComponent(option)}`, { ...options, body: value });
  }

  async #post(path: string, query: Readonly<Record<string, string>>, options: CallOptions = {}): Promise<void> {
    await this.#api.text('POST', path, { ...options, query });
  }
}
