import { Producer } from '@nsq/client';
import { Writer } from 'nsqjs';
import type { LibraryPublishJob } from './job.js';
import { Outcome, type Load } from './load.js';
import { now } from './wire.js';

/** Publishes one message. Calls one of the two when it is answered. */
type PublishOne = (answered: () => void, failed: (error: unknown) => void) => void;

async function openClient(job: LibraryPublishJob, body: Buffer): Promise<PublishOne> {
  const producer = new Producer({ nsqds: `${job.host}:${job.port}` });
  await producer.connect();
  return (answered, failed) => {
    producer.publish(job.topic, body).then(answered, failed);
  };
}

async function openNsqjs(job: LibraryPublishJob, body: Buffer): Promise<PublishOne> {
  const writer = new Writer(job.host, job.port);
  await new Promise<void>((resolve, reject) => {
    writer.once('ready', resolve).on('error', reject);
    writer.connect();
  });
  return (answered, failed) => {
    writer.publish(job.topic, body, (error) => {
      if (error === null) answered();
      else failed(error);
    });
  };
}

export async function prepareLibraryPublish(job: LibraryPublishJob): Promise<Load> {
  const open = job.library === 'nsqjs' ? openNsqjs : openClient;
  const publishOne = await open(job, Buffer.alloc(job.bodyBytes, 'x'));
  return async () => {
    const outcome = new Outcome();
    let left = job.messages;
    let unanswered = 0;
    const failed = (error: unknown): void => outcome.fail(String(error));
    const next = (): void => {
      if (left === 0) return;
      left--;
      unanswered++;
      publishOne(answered, failed);
    };
    const answered = (): void => {
      unanswered--;
      next();
      if (unanswered === 0) outcome.done();
    };
    const startedAt = now();
    for (let i = 0; i < job.unanswered; i++) next();
    await outcome.wait();
    return { messages: job.messages, startedAt, endedAt: now() };
  };
}
