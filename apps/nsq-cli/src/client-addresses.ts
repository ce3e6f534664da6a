import { findProducers, NsqlookupdHttpClient, type NodeOptions } from '@nsq/client';
import { tcpAddressOf, type Targets } from './addresses.js';
import { CliError } from './cli-error.js';
import { explain } from './failure.js';
import { note } from './output/stdout.js';

/** How often nsqlookupds are asked for nsqds, milliseconds: somebody is waiting. */
const POLL_MS = 1_000;

/**
 * The targets as a producer or consumer takes them.
 * @param find whether at least one nsqd has to be there already
 * @throws {CliError} when no nsqlookupd answers, or none knows an nsqd where one has to be there @throws {NsqError} when an nsqd cannot be asked
 */
export async function clientAddresses({ nsqds, lookupds }: Targets, find: boolean): Promise<NodeOptions> {
  const reconnect = { initialDelay: 100, maxDelay: 1_000 };
  if (lookupds.length === 0) return { nsqds: await Promise.all(nsqds.map(tcpAddressOf)), reconnect };
  const { producers, errors } = await findProducers(
    lookupds.map((address) => new NsqlookupdHttpClient(address)),
    null,
  );
  const failures = [...errors.values()].map(explain);
  if (failures.length === lookupds.length) throw new CliError(failures[0] ?? 'no nsqlookupd');
  for (const failure of failures) note(failure);
  if (find && producers.size === 0)
    throw new CliError(`no nsqd is registered at ${lookupds.join(', ')}; start one with nsq up, or use --nsqd`);
  return { lookupds, discovery: { interval: POLL_MS }, reconnect };
}
