import type { LatencyJob } from './job.js';
import { FinBuffer } from './fin-buffers.js';
import { BODY_AT, FRAME_MESSAGE, FrameWalker, ID_AT } from './frames.js';
import { Outcome, type Load } from './load.js';
import { Samples } from './samples.js';
import { now, open, pubCommand } from './wire.js';

const STAMP_BYTES = 8;
const LAST_MESSAGES_MS = 5_000;

/** Publisher and consumer share this process, so that one clock times both ends. Each message carries the time it was sent. */
export async function prepareLatency(job: LatencyJob): Promise<Load> {
  const body = Buffer.alloc(Math.max(STAMP_BYTES, job.bodyBytes), 'x');
  const latency = new Samples();
  const total = Math.floor((job.durationMs / 1000) * job.perSecond);
  let received = 0;
  const outcome = new Outcome();
  const onEnd = (why: string) => outcome.fail(why);

  const walker = new FrameWalker((type, bytes, start, end) => {
    if (type !== FRAME_MESSAGE) {
      if (!bytes.includes('_heartbeat_', start)) outcome.fail(bytes.toString('latin1', start, end));
      return;
    }
    latency.add(now() - bytes.readDoubleBE(start + BODY_AT));
    const fin = new FinBuffer(1);
    fin.add(bytes, start + ID_AT);
    consumer.write(fin.bytes);
    if (++received === total) outcome.done();
  });
  const consumer = await open(
    job,
    { identify: { client_id: 'latency' }, commands: `SUB ${job.topic} ${job.channel}\n` },
    (bytes, length) => {
      walker.walk(bytes, length);
      return true;
    },
    onEnd,
  );
  const publisher = await open(job, { identify: { heartbeat_interval: -1 } }, () => true, onEnd);

  return async () => {
    consumer.write(`RDY ${job.rdy}\n`);
    const startedAt = now();
    let sent = 0;
    const beat = setInterval(() => {
      // A late timer sends what is due, each message at its own time of sending.
      for (const due = Math.min(total, Math.floor(((now() - startedAt) / 1000) * job.perSecond)); sent < due; sent++) {
        body.writeDoubleBE(now());
        publisher.write(pubCommand(job.topic, body));
      }
    }, 1000 / job.perSecond);
    const limit = setTimeout(() => {
      outcome.fail(`only ${received} of ${sent} messages came back`);
    }, job.durationMs + LAST_MESSAGES_MS);
    try {
      await outcome.wait();
    } finally {
      clearInterval(beat);
      clearTimeout(limit);
    }
    return { messages: received, startedAt, endedAt: now(), latencyMs: latency.spread() };
  };
}
