import type { PublishOneJob } from './job.js';
import { Outcome, type Load } from './load.js';
import { Samples } from './samples.js';
import { now, OK_BYTES, open, pubCommand } from './wire.js';

/** Each connection sends its next message when the last one is acknowledged. */
export async function preparePublishOne(job: PublishOneJob): Promise<Load> {
  const command = pubCommand(job.topic, Buffer.alloc(job.bodyBytes, 'x'));
  const latency = new Samples();
  let endAt = 0;
  let messages = 0;
  let busy = job.connections;
  const outcome = new Outcome();

  const connection = async () => {
    let sentAt = 0;
    let okBytes = 0;
    const send = () => {
      sentAt = now();
      socket.write(command);
    };
    const socket = await open(
      job,
      { identify: { heartbeat_interval: -1 } },
      (bytes, length) => {
        okBytes += length;
        if (okBytes < OK_BYTES) return true;
        if (okBytes > OK_BYTES) outcome.fail(bytes.toString('latin1', 0, length));
        okBytes = 0;
        messages++;
        const at = now();
        latency.add(at - sentAt);
        if (at < endAt) send();
        else if (--busy === 0) outcome.done();
        return true;
      },
      (why) => outcome.fail(why),
    );
    return send;
  };

  const sends = await Promise.all(Array.from({ length: job.connections }, connection));
  return async () => {
    const startedAt = now();
    endAt = startedAt + job.durationMs;
    for (const send of sends) send();
    await outcome.wait();
    return { messages, startedAt, endedAt: now(), latencyMs: latency.spread() };
  };
}
