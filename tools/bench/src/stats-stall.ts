import { Samples } from './load/samples.js';
import { CHANNEL, type Measurement, type Run } from './run.js';

const TOPICS = 1000;
const CHANNELS = Array.from({ length: 10 }, (_, index) => `channel-${index}`);
const AT_ONCE = 16;
const PER_SECOND = 500;
const DURATION_MS = 10_000;
const PAUSE_MS = 100;
const REPLY_MS = 30_000;

/** Asks for statistics of many channels again and again while messages go through: how long a reply takes, and how long it holds them up. */
export function statsScenario(path: string): (run: Run) => Promise<Measurement> {
  return async (run) => {
    await createMany(run);
    const where = await run.topic('stream', [CHANNEL]);
    const { bodyBytes, durationMs } = run.options;
    const replies = new Samples();
    const stream = run.measure({
      kind: 'latency',
      ...where,
      channel: CHANNEL,
      bodyBytes,
      rdy: 100,
      perSecond: PER_SECOND,
      durationMs: durationMs ?? DURATION_MS,
    });
    const ended = new AbortController();
    void stream.finally(() => ended.abort()).catch(() => undefined);
    while (!ended.signal.aborted) {
      const from = performance.now();
      const response = await fetch(`http://${run.target.host}:${run.target.httpPort}${path}`, { signal: AbortSignal.timeout(REPLY_MS) });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      replies.add(performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    const { p50, max } = replies.spread();
    return { ...(await stream), reply: p50, replyMax: max };
  };
}

async function createMany(run: Run): Promise<void> {
  let left = TOPICS;
  const worker = async (): Promise<void> => {
    while (left > 0) await run.topic(`many-${left--}`, CHANNELS);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
