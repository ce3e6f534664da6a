import { Consumer, type ConsumerOptions, type Handler } from '../src/index.js';
import { eventually } from './eventually.js';
import { FakeNsqd, QUICKLY, type FakeConnection, type Script } from './fake-nsqd.js';

export const id = (number: number): string => number.toString(16).padStart(16, '0');

export interface Servers {
  readonly script?: Script;
  readonly identify?: object;
  readonly count?: number;
}

export interface Running {
  readonly consumer: Consumer;
  /** The connections, one for each server. */
  readonly peers: FakeConnection[];
  readonly peer: FakeConnection;
  readonly servers: FakeNsqd[];
  /** When the consumer has ended. */
  readonly ended: Promise<void>;
}

/** A consumer that is subscribed at servers of its own. */
export async function running(
  defer: <T extends FakeNsqd | Consumer>(thing: T) => T,
  handler: Handler,
  options: Partial<ConsumerOptions> = {},
  { script = () => null, identify = {}, count = 1 }: Servers = {},
): Promise<Running> {
  const servers = await Promise.all(Array.from({ length: count }, async () => defer(await FakeNsqd.start(script, identify))));
  const nsqds = servers.map(({ address }) => address);
  const consumer = defer(new Consumer({ topic: 't', channel: 'c', nsqds, ...QUICKLY, ...options }));
  const ended = consumer.run(handler);
  await eventually('all subscribed', () => consumer.connections.length === count);
  const peers = await Promise.all(servers.map((server) => server.connection()));
  return { consumer, servers, peers, peer: peers[0] as FakeConnection, ended };
}
