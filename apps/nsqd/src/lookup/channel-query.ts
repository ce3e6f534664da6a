import { setMaxListeners } from 'node:events';
import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import { httpGet, type GetOptions, type GetReply } from './http-get.js';

/** Connections at a time to each nsqlookupd; a thousand new topics are asked for one after the other. */
const MAX_CONNECTIONS = 16;
const ACCEPT = 'application/vnd.nsq; version=1.0';
/** Characters of a body in the log. */
const SHOWN_CHARS = 256;
/** A limit of 0 or less is this one, milliseconds: nothing waits for ever. */
const NO_LIMIT_MS = 60_000;
/** The longest wait that a timer of Node takes, milliseconds. */
const MAX_WAIT_MS = 2 ** 31 - 1;

export interface ChannelQueryLimits {
  /** Milliseconds; 0 for a minute. */
  readonly connectTimeout: number;
  /** Milliseconds; 0 for a minute. */
  readonly requestTimeout: number;
  /** Largest reply to accept. */
  readonly maxReplyBytes: number;
}

/** What several nsqlookupds know of a topic. */
export interface KnownChannels {
  /** Of all that answered, each once, sorted. */
  readonly channels: readonly string[];
  /** Why the others did not, a line each. */
  readonly failures: readonly string[];
}

/** Asks nsqlookupds over HTTP which channels a topic has. */
export class ChannelQuery {
  readonly #limits: ChannelQueryLimits;
  readonly #userAgent: string;
  readonly #lookup: LookupFunction;
  readonly #agent = new Agent({ maxSockets: MAX_CONNECTIONS });
  readonly #ending = new AbortController();

  /** @param lookup resolves names */
  constructor(limits: ChannelQueryLimits, userAgent: string, lookup: LookupFunction) {
    const { connectTimeout, requestTimeout, maxReplyBytes } = limits;
    this.#limits = { connectTimeout: limitOf(connectTimeout), requestTimeout: limitOf(requestTimeout), maxReplyBytes };
    this.#userAgent = userAgent;
    this.#lookup = lookup;
    setMaxListeners(0, this.#ending.signal); // one for each request
  }

  /** Milliseconds that everything about one topic may take. */
  get requestTimeout(): number {
    return this.#limits.requestTimeout;
  }

  /**
   * Asks all at once. Never rejects.
   * @param urls what to ask, see `channelsUrl`
   * @param spent milliseconds of `requestTimeout` that are over
   */
  async ask(urls: readonly URL[], spent: number): Promise<KnownChannels> {
    const requestTimeout = Math.max(1, this.#limits.requestTimeout - spent);
    const answers = await Promise.allSettled(urls.map((url) => this.#askOne(url, requestTimeout)));
    if (this.#ending.signal.aborted) return { channels: [], failures: [] };
    const channels = new Set<string>();
    const failures: string[] = [];
    for (const answer of answers) {
      if (answer.status === 'fulfilled') for (const name of answer.value) channels.add(name);
      else failures.push(answer.reason instanceof Error ? answer.reason.message : String(answer.reason));
    }
    return { channels: [...channels].sort(), failures };
  }

  /** Gives up what is asked. Nothing can be asked any more. */
  close(): void {
    this.#ending.abort();
  }

  async #askOne(url: URL, requestTimeout: number): Promise<readonly string[]> {
    const { signal } = this.#ending;
    const { connectTimeout, maxReplyBytes: maxBodyBytes } = this.#limits;
    const headers = { accept: ACCEPT, 'user-agent': this.#userAgent };
    const options: GetOptions = { connectTimeout, requestTimeout, maxBodyBytes, headers, signal, agent: this.#agent, lookup: this.#lookup };
    let reply = await httpGet(url, options);
    const secure = reply.status === 403 ? httpsUrl(url, reply.body) : undefined;
    if (secure !== undefined) reply = await httpGet(secure, options);
    return channelsOf(url, reply);
  }
}

/** Where to ask for the channels of a topic. Undefined when that is no address. */
export function channelsUrl(host: string, httpPort: number, topic: string): URL | undefined {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${httpPort}`;
  const text = `http://${authority}/channels?topic=${encodeURIComponent(topic)}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

function limitOf(ms: number): number {
  return ms > 0 ? Math.min(ms, MAX_WAIT_MS) : NO_LIMIT_MS;
}

/** Where a daemon wants to be asked that refuses plain HTTP. */
function httpsUrl(url: URL, body: Buffer): URL | undefined {
  const port = parse(body)?.https_port;
  if (url.protocol !== 'http:' || typeof port !== 'number') return undefined;
  const secure = new URL(url.href.replace(/^http:/, 'https:'));
  secure.port = String(port);
  return secure;
}

/** @throws {Error} in one line */
function channelsOf(url: URL, { status, body }: GetReply): readonly string[] {
  const wrong = (what: string): Error => new Error(`GET ${url.href}: ${what} ${JSON.stringify(body.toString('utf8', 0, SHOWN_CHARS))}`);
  if (status !== 200) throw wrong(`got response ${status}`);
  const parsed = parse(body);
  if (parsed === undefined) throw wrong('no JSON in');
  const channels = parsed?.channels ?? [];
  if (!Array.isArray(channels) || !channels.every((name): name is string => typeof name === 'string'))
    throw wrong('no list of channels in');
  return channels;
}

/** Undefined when it is no JSON. */
function parse(body: Buffer): { readonly channels?: unknown; readonly https_port?: unknown } | null | undefined {
  try {
    return JSON.parse(body.toString()) as ReturnType<typeof parse>;
  } catch {
    return undefined;
  }
}
