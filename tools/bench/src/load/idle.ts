import type { Socket } from 'node:net';
import type { IdleJob } from './job.js';
import { Outcome, type Load } from './load.js';
import { now, open } from './wire.js';

const AT_ONCE = 200;

/** Many connections that answer heartbeats and do nothing else. The messages of the result are the heartbeats. */
export async function prepareIdle(job: IdleJob): Promise<Load> {
  const outcome = new Outcome();
  const sockets: Socket[] = [];
  let heartbeats = 0;
  let left = job.connections;
  const one = async (): Promise<void> => {
    const socket = await open(
      job,
      { identify: { client_id: 'idle' } },
      () => {
        heartbeats++;
        socket.write('NOP\n');
        return true;
      },
      (why) => outcome.fail(why),
      { readBytes: 256 },
    );
    sockets.push(socket);
  };
  const worker = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return async () => {
    heartbeats = 0;
    const startedAt = now();
    const timer = setTimeout(() => outcome.done(), job.durationMs);
    await outcome.wait().finally(() => clearTimeout(timer));
    return { messages: heartbeats, startedAt, endedAt: now() };
  };
}
