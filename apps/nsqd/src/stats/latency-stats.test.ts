import { TestDaemon } from '../../test/http-harness.js';
import { LatencyWindow } from './latency-window.js';
import { renderJson } from './json.js';
import { Slices } from './slices.js';
import { ALL_STATS, collectStats } from './snapshot.js';
import { renderText } from './text.js';

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon({ createLatencyWindow: (now) => new LatencyWindow([1, 0.5], 60_000, now) });
});

function record(topic: string, channel: string, ...values: number[]): void {
  for (const value of values) daemon.channel(topic, channel).latency?.record(value, daemon.clock.elapsed);
}

it('shows latencies of each channel and of all channels of a topic together', async () => {
  record('t', 'a', 1_000_001, 2_000_000);
  record('t', 'b', 3_000_000_000);
  daemon.channel('t', 'c');
  daemon.engine.topic('u');
  const snapshot = await collectStats(daemon, { ...ALL_STATS, includeMemory: false });
  expect(snapshot.topics?.map(({ latency }) => latency)).toEqual([
    {
      count: 3,
      percentiles: [
        { quantile: 1, value: 3_000_000_000 },
        { quantile: 0.5, value: 3_000_000_000 },
      ],
    },
    { count: 0, percentiles: null },
  ]);
  const json = (await renderJson(snapshot)).toString();
  expect(json).toContain(
    '"e2e_processing_latency":{"count":2,"percentiles":[{"quantile":1,"value":2000000},{"quantile":0.5,"value":2000000}]}',
  );
  expect(json).toContain('"e2e_processing_latency":{"count":0,"percentiles":[{"quantile":1,"value":0},{"quantile":0.5,"value":0}]}');
  const latencies = (await renderText(snapshot))
    .toString()
    .split('\n')
    .flatMap((line) => / e2e%: (.*)/.exec(line)?.[1] ?? []);
  expect(latencies).toEqual(['3.0s, 3.0s', '2.0ms, 2.0ms', '3.0s, 3.0s', '0.0ns, 0.0ns', '']);
});

it('counts all channels for the topic, also when one is asked for', async () => {
  record('t', 'a', 1);
  record('t', 'b', 2);
  const { topics } = await collectStats(daemon, { ...ALL_STATS, channel: 'a' }, new Slices(0));
  expect(topics).toMatchObject([{ channels: [{ name: 'a', latency: { count: 1 } }], latency: { count: 2 } }]);
});
