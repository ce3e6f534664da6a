import { encodeDpub, encodeFin, encodeRdy, encodeReq, encodeSub, decodeMessage } from '@nsq/protocol';
import { Wire } from '../src/wire.js';
import { createTopic, within, type NsqdProcess } from '../src/index.js';
import { Daemons } from './daemon.js';

const DELAY_MS = 3_000;
const LATE_MS = 1_500; // the interval of the queue scan, and a busy machine
const daemons = new Daemons();

afterEach(() => daemons.end());

const wireTo = (nsqd: NsqdProcess, message: (id: string, body: string) => void = () => undefined) =>
  Wire.open(nsqd, {
    message: (data) => {
      const decoded = decodeMessage(data);
      if (decoded !== undefined) message(decoded.id, decoded.body.toString());
    },
    refused: (error) => {
      throw new Error(error);
    },
  });

it.each([
  ['a clean stop', 'memory', 'SIGTERM'],
  ['a kill', 'disk', 'SIGKILL'],
] as const)(
  'deferred messages keep their time over %s',
  async (_, durability, signal) => {
    const folder = await daemons.folder();
    const before = await daemons.start(folder, `--durability=${durability}`);
    await createTopic(before, 'later', ['channel']);
    const publisher = await wireTo(before);
    const publishedAt = Date.now();
    await publisher.request(encodeDpub('later', DELAY_MS, Buffer.from('published')));
    await before.stop(signal);

    const after = await daemons.start(folder, `--durability=${durability}`);
    const received = new Promise<number>((resolve, reject) => {
      wireTo(after, () => resolve(Date.now() - publishedAt)).then(async (consumer) => {
        await consumer.request(encodeSub('later', 'channel'));
        consumer.send(encodeRdy(1));
      }, reject);
    });
    const ms = await within(DELAY_MS + 10_000, 'the deferred message', received);
    expect(ms).toBeGreaterThanOrEqual(DELAY_MS - 2);
    expect(ms).toBeLessThan(DELAY_MS + LATE_MS);
  },
  30_000,
);

it('a message put back with a delay keeps its time over a clean stop, one in flight comes at once, a finished one never', async () => {
  const folder = await daemons.folder();
  const before = await daemons.start(folder, '--mem-queue-size=1');
  await createTopic(before, 'later', ['channel']);
  const publisher = await wireTo(before);
  const all = new Promise<Map<string, string>>((resolve, reject) => {
    const ids = new Map<string, string>();
    wireTo(before, (id, body) => {
      ids.set(body, id);
      if (ids.size === 3) resolve(ids);
    }).then(async (consumer) => {
      await consumer.request(encodeSub('later', 'channel'));
      consumer.send(encodeRdy(10));
      const got = await all;
      consumer.send(encodeReq(got.get('put back') ?? '', DELAY_MS));
      consumer.send(encodeFin(got.get('finished') ?? ''));
      await consumer.request(Buffer.from('CLS\n'));
      settled();
    }, reject);
  });
  let settled = (): void => undefined;
  const answered = new Promise<void>((resolve) => (settled = resolve));
  for (const body of ['put back', 'in flight', 'finished']) await publisher.request(encodeDpub('later', 0, Buffer.from(body)));
  await within(10_000, 'three messages', answered);
  const requeuedAt = Date.now();
  await before.stop('SIGTERM');

  const after = await daemons.start(folder, '--mem-queue-size=1');
  const arrivals: [string, number][] = [];
  await within(
    DELAY_MS + 10_000,
    'two messages',
    new Promise<void>((resolve, reject) => {
      wireTo(after, (_id, body) => {
        arrivals.push([body, Date.now() - requeuedAt]);
        if (body === 'put back') resolve();
      }).then(async (consumer) => {
        await consumer.request(encodeSub('later', 'channel'));
        consumer.send(encodeRdy(10));
      }, reject);
    }),
  );
  expect(arrivals.map(([body]) => body)).toEqual(['in flight', 'put back']);
  expect(arrivals[1]?.[1]).toBeGreaterThanOrEqual(DELAY_MS - 50); // the daemon counts from when it heard
}, 30_000);
