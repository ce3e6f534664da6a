import { setMaxListeners } from 'node:events';
import type { LookupFunction } from 'node:net';
import { HttpClient, systemErrorText } from '@nsq/service';

/** Connections at a time to each nsqlookupd; a thousand new topics are asked for one after the other. */
const MAX_CONNECTIONS = 16;
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
  /** Milliseconds that everything about one topic may take. */
  readonly requestTimeout: number;
  readonly #client: HttpClient;
  readonly #ending = new AbortController();

  /** @param lookup resolves names */
  constructor(limits: ChannelQueryLimits, userAgent: string, lookup: LookupFunction) {
    this.requestTimeout = limitOf(limits.requestTimeout);
    this.#client = new HttpClient({
      connectTimeout: limitOf(limits.connectTimeout),
      requestTimeout: this.requestTimeout,
      maxBodyBytes: limits.maxReplyBytes,
      maxSockets: MAX_CONNECTIONS,
      userAgent,
      lookup,
    });
    setMaxListeners(0, this.#ending.signal); // one for each request
  }

  /**
   * Asks all at once. Never rejects.
   * @param urls what to ask, see `channelsUrl`
   * @param spent milliseconds of `requestTimeout` that are over
   */
  async ask(urls: readonly URL[], spent: number): Promise<KnownChannels> {
    const requestTimeout = Math.max(1, this.requestTimeout - spent);
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
    try {
      return channelsOf(await this.#client.request(url.href, { requestTimeout, signal: this.#ending.signal }));
    } catch (error) {
      throw new Error(`GET ${url.href}: ${systemErrorText(error)}`, { cause: error });
    }
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

/** @throws {Error} in one line */
function channelsOf(body: Buffer): readonly string[] {
  const shown = JSON.stringify(body.toString('utf8', 0, SHOWN_CHARS));
  const { channels = [] } = parse(body, shown) ?? {};
  if (!Array.isArray(channels) || !channels.every((name): name is string => typeof name === 'string'))
    throw new Error(`no list of channels in ${shown}`);
  return channels;
}

function parse(body: Buffer, shown: string): { readonly channels?: unknown } | null {
  try {
    return JSON.parse(body.toString()) as ReturnType<typeof parse>;
  } catch (error) {
    throw new Error(`no JSON in ${shown}`, { cause: error });
  }
}
