import type { LoadResult, PublishJob } from './job.js';
import { Outcome, type Load } from './load.js';
import { openLink } from './link.js';
import { mpubCommand, now, OK_BYTES } from './wire.js';

const OK_LAST_BYTE = 0x4b;

/** Batches left to send, and answers left to get, over all connections. */
class Publisher {
  longestPause = 0;
  readonly #job: PublishJob;
  readonly #batch: Buffer;
  #toSend: number;
  #toAnswer: number;
  #lastAnswer = 0;
  readonly #outcome = new Outcome();

  constructor(job: PublishJob) {
    this.#job = job;
    this.#batch = mpubCommand(job.topic, job.batch, job.bodyBytes);
    this.#toSend = this.#toAnswer = Math.ceil(job.messages / job.batch);
  }

  get messages(): number {
    return (Math.ceil(this.#job.messages / this.#job.batch) - this.#toAnswer) * this.#job.batch;
  }

  async connect(): Promise<() => void> {
    let okBytes = 0;
    let unanswered = 0;
    const link = await openLink(
      this.#job,
      { identify: { heartbeat_interval: -1 } },
      (bytes, length) => {
        const answered = Math.floor((okBytes + length) / OK_BYTES) - Math.floor(okBytes / OK_BYTES);
        okBytes += length;
        // Every answer has the same bytes, so counting them is enough; an error would not end like an OK, and closes the connection.
        if (okBytes % OK_BYTES === 0 && bytes[length - 1] !== OK_LAST_BYTE) this.#outcome.fail(bytes.toString('latin1', 0, length));
        unanswered -= answered;
        this.#answered(answered);
        send();
        return true;
      },
      (why) => this.#outcome.fail(why),
    );
    const batch = link.prepare(this.#batch);
    const send = () => {
      while (this.#toSend > 0 && unanswered < this.#job.unanswered && !link.congested) {
        this.#toSend--;
        unanswered++;
        link.send(batch);
      }
    };
    link.onDrain(send);
    return send;
  }

  run(starts: readonly (() => void)[]): Promise<void> {
    this.#lastAnswer = now();
    for (const start of starts) start();
    return this.#outcome.wait();
  }

  #answered(batches: number): void {
    const at = now();
    this.longestPause = Math.max(this.longestPause, at - this.#lastAnswer);
    this.#lastAnswer = at;
    this.#toAnswer -= batches;
    if (this.#toAnswer === 0) this.#outcome.done();
  }
}

export async function preparePublish(job: PublishJob): Promise<Load> {
  const publisher = new Publisher(job);
  const starts = await Promise.all(Array.from({ length: job.connections }, () => publisher.connect()));
  return async (): Promise<Omit<LoadResult, 'cpuMicros'>> => {
    const startedAt = now();
    await publisher.run(starts);
    return { messages: publisher.messages, startedAt, endedAt: now(), longestPauseMs: publisher.longestPause };
  };
}
