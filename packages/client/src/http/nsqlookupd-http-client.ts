import { HttpApi, type CallOptions, type HttpOptions } from './http-request.js';

export const DEFAULT_NSQLOOKUPD_PORT = 4161;

/** An nsqd, as a nsqlookupd knows it. */
export interface LookupProducer {
  readonly remote_address: string;
  readonly hostname: string;
  readonly broadcast_address: string;
  readonly tcp_port: number;
  readonly http_port: number;
  readonly version: string;
  /** Only of versions behind 1.3.0. */
  readonly topology_zone?: string;
  readonly topology_region?: string;
}

export interface LookupResult {
  readonly channels: readonly string[];
  readonly producers: readonly LookupProducer[];
}

/** `tombstones[i]` tells whether this nsqd is hidden for `topics[i]`. */
export interface LookupNode extends LookupProducer {
  readonly tombstones: readonly boolean[];
  readonly topics: readonly string[];
}

/** The HTTP API of a nsqlookupd. All of it rejects with NsqError; `code` has what the daemon says, `TOPIC_NOT_FOUND` for instance. */
export class NsqlookupdHttpClient {
  readonly #api: HttpApi;

  /** @param address `host:port` (4161 without a port), a URL, or the path of a unix socket */
  constructor(address: string, options: HttpOptions = {}) {
    this.#api = new HttpApi(address, DEFAULT_NSQLOOKUPD_PORT, options);
  }

  get address(): string {
    return this.#api.address;
  }

  async ping(options?: CallOptions): Promise<void> {
    await this.#api.text('GET', '/ping', options);
  }

  info(options?: CallOptions): Promise<{ readonly version: string }> {
    return this.#api.json('GET', '/info', options);
  }

  /** @throws {NsqHttpError} `TOPIC_NOT_FOUND` */
  lookup(topic: string, options?: CallOptions): Promise<LookupResult> {
    return this.#api.json('GET', '/lookup', { ...options, query: { topic } });
  }

  async topics(options?: CallOptions): Promise<readonly string[]> {
    return (await this.#api.json<{ topics: readonly string[] }>('GET', '/topics', options)).topics;
  }

  /** None for a topic that is not known. */
  async channels(topic: string, options?: CallOptions): Promise<readonly string[]> {
    return (await this.#api.json<{ channels: readonly string[] }>('GET', '/channels', { ...options, query: { topic } })).channels;
  }

  async nodes(options?: CallOptions): Promise<readonly LookupNode[]> {
    return (await this.#api.json<{ producers: readonly LookupNode[] }>('GET', '/nodes', options)).producers;
  }

  createTopic(topic: string, options?: CallOptions): Promise<void> {
    return this.#post('/topic/create', { topic }, options);
  }

  /** Forgets it. An nsqd that still has it registers it again some time. */
  deleteTopic(topic: string, options?: CallOptions): Promise<void> {
    return this.#post('/topic/delete', { topic }, options);
  }

  /** Hides a topic's producer for a while. @param node `<broadcast address>:<http port>` */
  tombstone(topic: string, node: string, options?: CallOptions): Promise<void> {
    return this.#post('/topic/tombstone', { topic, node }, options);
  }

  createChannel(topic: string, channel: string, options?: CallOptions): Promise<void> {
    return this.#post('/channel/create', { topic, channel }, options);
  }

  deleteChannel(topic: string, channel: string, options?: CallOptions): Promise<void> {
    return this.#post('/channel/delete', { topic, channel }, options);
  }

  async #post(path: string, query: Readonly<Record<string, string>>, options: CallOptions = {}): Promise<void> {
    await this.#api.text('POST', path, { ...options, query });
  }
}
