import { Consumer } from '@nsq/client';
import { Reader } from 'nsqjs';
import type { LibraryConsumeJob } from './job.js';
import { Outcome, type Load } from './load.js';
import { now } from './wire.js';

/** Receives and finishes from now on. Resolves with what closes it. */
type Receive = (job: LibraryConsumeJob, onMessage: () => void, outcome: Outcome) => () => unknown;

const withClient: Receive = (job, onMessage, outcome) => {
  const consumer = new Consumer({ topic: job.topic, channel: job.channel, nsqds: `${job.host}:${job.port}`, maxInFlight: job.rdy });
  consumer.on('connectFailed', (_, error) => outcome.fail(error.message));
  void consumer.run(onMessage);
  return () => consumer.close();
};

const withNsqjs: Receive = (job, onMessage, outcome) => {
  const reader = new Reader(job.topic, job.channel, { nsqdTCPAddresses: [`${job.host}:${job.port}`], maxInFlight: job.rdy });
  reader.on('error', (error) => outcome.fail(error.message));
  reader.on('message', (message) => {
    message.finish();
    onMessage();
  });
  reader.connect();
  return () => reader.close();
};

/** Connecting is part of it: messages come as soon as a library has subscribed. */
export function prepareLibraryConsume(job: LibraryConsumeJob): Load {
  const receive = job.library === 'nsqjs' ? withNsqjs : withClient;
  return async () => {
    const outcome = new Outcome();
    let received = 0;
    const startedAt = now();
    const close = receive(
      job,
      () => {
        if (++received === job.messages) outcome.done();
      },
      outcome,
    );
    await outcome.wait();
    const endedAt = now();
    // The last answers leave with the close.
    await close();
    return { messages: received, startedAt, endedAt };
  };
}
