import type { ConsumeJob } from './job.js';
import { FinBuffers, type FinBuffer } from './fin-buffers.js';
import { BODY_AT, FRAME_MESSAGE, FrameWalker, ID_AT } from './frames.js';
import { Outcome, type Load } from './load.js';
import { openLink } from './link.js';
import { now, READ_BYTES } from './wire.js';

const HEARTBEAT_BYTES = 19;
const FINS_OF_ONE_READ = Math.ceil(READ_BYTES / (BODY_AT + 1)) + 1;

/** Messages left to receive, over all connections. */
class Consumer {
  received = 0;
  readonly #job: ConsumeJob;
  readonly #outcome = new Outcome();

  constructor(job: ConsumeJob) {
    this.#job = job;
  }

  /** Answers all messages of one read with one write. */
  async connect(): Promise<() => void> {
    const buffers = new FinBuffers(FINS_OF_ONE_READ);
    let fins: FinBuffer = buffers.take();
    let heartbeat = false;
    const walker = new FrameWalker((type, bytes, start, end) => {
      if (type === FRAME_MESSAGE) {
        this.received++;
        fins.add(bytes, start + ID_AT);
      } else if (end - start === HEARTBEAT_BYTES) {
        heartbeat = true;
      } else {
        this.#outcome.fail(bytes.toString('latin1', start, end));
      }
    });
    const link = await openLink(
      this.#job,
      { identify: { heartbeat_interval: 60_000 }, commands: `SUB ${this.#job.topic} ${this.#job.channel}\n` },
      (bytes, length) => {
        walker.walk(bytes, length);
        if (heartbeat) link.write('NOP\n');
        heartbeat = false;
        if (fins.length > 0) {
          const written = fins;
          fins = buffers.take();
          link.write(written.bytes.subarray(0, written.length), () => {
            buffers.giveBack(written);
            link.resume();
            // The last FINs are on their way: a layer may hold them back for a moment.
            if (this.received >= this.#job.messages) this.#outcome.done();
          });
        }
        return !buffers.exhausted;
      },
      (why) => this.#outcome.fail(why),
    );
    return () => link.write(`RDY ${this.#job.rdy}\n`);
  }

  run(starts: readonly (() => void)[]): Promise<void> {
    for (const start of starts) start();
    return this.#outcome.wait();
  }
}

export async function prepareConsume(job: ConsumeJob): Promise<Load> {
  const consumer = new Consumer(job);
  const starts = await Promise.all(Array.from({ length: job.connections }, () => consumer.connect()));
  return async () => {
    const startedAt = now();
    await consumer.run(starts);
    return { messages: consumer.received, startedAt, endedAt: now() };
  };
}
