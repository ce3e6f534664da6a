import { formatHostPort } from '../address.js';
import { NsqError, asError } from '../errors.js';
import type { LookupProducer, NsqlookupdHttpClient } from '../http/nsqlookupd-http-client.js';

/** What several nsqlookupds know together. */
export interface Found {
  /** nsqds by `<broadcast address>:<tcp port>`. */
  readonly producers: ReadonlyMap<string, LookupProducer>;
  /** Of the topic that was asked for; empty when none was. */
  readonly channels: ReadonlySet<string>;
  /** nsqlookupds that could not be asked, by address. */
  readonly errors: ReadonlyMap<string, NsqError>;
}

/**
 * Asks all nsqlookupds at once and unites their answers. Never rejects but for an aborted signal: a nsqlookupd that fails is in `errors`, one that does not know
 * the topic is not.
 * @param topic null for every nsqd there is
 */
export async function findProducers(
  lookupds: readonly NsqlookupdHttpClient[],
  topic: string | null,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Found> {
  const producers = new Map<string, LookupProducer>();
  const channels = new Set<string>();
  const errors = new Map<string, NsqError>();
  await Promise.all(
    lookupds.map(async (lookupd) => {
      try {
        const found = topic === null ? { producers: await lookupd.nodes(options), channels: [] } : await lookupd.lookup(topic, options);
        for (const producer of found.producers) producers.set(formatHostPort(producer.broadcast_address, producer.tcp_port), producer);
        for (const channel of found.channels) channels.add(channel);
      } catch (error) {
        const failure = error instanceof NsqError ? error : new NsqError('ERR_NSQ_HTTP', asError(error).message, { cause: error });
        if (failure.code === 'ERR_NSQ_ABORTED') throw failure;
        if (failure.code !== 'TOPIC_NOT_FOUND') errors.set(lookupd.address, failure);
      }
    }),
  );
  return { producers, channels, errors };
}
