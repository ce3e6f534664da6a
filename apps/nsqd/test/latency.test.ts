import { encodeFin, encodeMpub, encodeReq } from '@nsq/protocol';
import { withDaemon, type Daemon } from './tcp/daemon.js';

interface Latency {
  readonly count: number;
  readonly percentiles: readonly { readonly quantile: number; readonly value: number }[] | null;
}

interface Stats {
  readonly topics: readonly {
    readonly e2e_processing_latency: Latency;
    readonly channels: readonly { readonly e2e_processing_latency: Latency }[];
  }[];
}

/** What /stats shows for the only topic and for its only channel. */
async function latencies({ nsqd }: Daemon): Promise<readonly [Latency, Latency]> {
  const reply = await fetch(`http://127.0.0.1:${nsqd.httpPort}/stats?format=json`);
  const [topic] = ((await reply.json()) as Stats).topics;
  const channel = topic?.channels[0];
  if (topic === undefined || channel === undefined) throw new Error('no channel');
  return [topic.e2e_processing_latency, channel.e2e_processing_latency];
}

/** Finishes two messages and gives one back. */
async function work(daemon: Daemon): Promise<void> {
  const client = await (await daemon.client()).subscribe('t', 'c', 3);
  const publisher = await daemon.client();
  await publisher.send(encodeMpub('t', [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')])).ok();
  const [a, b, c] = await client.messages(3);
  client.send(encodeFin(a?.id ?? ''), encodeFin(b?.id ?? ''), encodeReq(c?.id ?? '', 60_000));
  await client.settled();
}

it('shows how long messages took from publication to FIN', async () => {
  const begun = performance.now();
  await withDaemon({ e2eProcessingLatencyPercentiles: [0.99, 0.5] }, async (daemon) => {
    await work(daemon);
    const [topic, channel] = await latencies(daemon);
    expect(topic).toEqual(channel);
    expect(channel).toMatchObject({ count: 2, percentiles: [{ quantile: 0.99 }, { quantile: 0.5 }] });
    for (const { value } of channel.percentiles ?? []) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan((performance.now() - begun) * 1e6);
    }
  });
});

it('keeps nothing when no percentiles are configured', async () => {
  await withDaemon({}, async (daemon) => {
    await work(daemon);
    expect(await latencies(daemon)).toEqual(Array.from({ length: 2 }, () => ({ count: 0, percentiles: null })));
  });
});
