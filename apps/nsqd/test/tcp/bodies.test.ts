import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { encodeDpub, encodeFin, encodeMpub, encodePub } from '@nsq/protocol';
import { withDaemon } from './daemon.js';

const MAX = 1024 * 1024;
const POOL = randomBytes(MAX);
const digest = (body: Buffer): string => `${body.length} ${createHash('sha1').update(body).digest('hex')}`;

/** Around the sizes at which output changes its ways, and anything between. */
const size = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 200_000 }) },
  ...[32_768, 65_536 - 34, 65_536, 131_072].map((edge) => ({ weight: 1, arbitrary: fc.integer({ min: edge - 40, max: edge + 40 }) })),
);
const body = fc.tuple(size, fc.nat(1000)).map(([length, from]) => POOL.subarray(from, from + length));
const command = fc.oneof(
  { weight: 4, arbitrary: body.map((one) => ({ bytes: encodePub('t', one), bodies: [one] })) },
  {
    weight: 2,
    arbitrary: fc.array(body, { minLength: 1, maxLength: 12 }).map((bodies) => ({ bytes: encodeMpub('t', bodies), bodies })),
  },
  { weight: 1, arbitrary: body.map((one) => ({ bytes: encodeDpub('t', 0, one), bodies: [one] })) },
  { weight: 1, arbitrary: body.map((one) => ({ bytes: encodeDpub('t', 1, one), bodies: [one] })) },
);

it.each([
  ['as it is by default', {}],
  ['off', { output_buffer_size: -1 }],
  ['of 64 bytes', { output_buffer_size: 64, output_buffer_timeout: -1 }],
])(
  'brings every body back intact, whatever the sizes and the way in, with output buffering %s',
  async (_, identify) => {
    await withDaemon({ queueScanInterval: 10, maxBodySize: 4 * MAX }, async (daemon) => {
      const consumer = await (await daemon.client(identify)).subscribe('t', 'c', 200);
      const producer = await daemon.client();
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 15 }), fc.array(fc.nat()), async (commands, cuts) => {
          const all = Buffer.concat(commands.map(({ bytes }) => bytes));
          const edges = [0, ...cuts.map((n) => n % all.length), all.length].sort((a, b) => a - b);
          for (let i = 1; i < edges.length; i++) {
            producer.send(all.subarray(edges[i - 1], edges[i]));
            if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
          }
          await producer.ok(commands.length);
          const sent = commands.flatMap(({ bodies }) => bodies.map(digest));
          const got: string[] = [];
          while (got.length < sent.length) {
            const message = await consumer.message();
            got.push(digest(message.body));
            consumer.send(encodeFin(message.id));
          }
          expect(got.sort()).toEqual(sent.sort());
        }),
        { numRuns: 25 },
      );
      expect(await consumer.settled()).toEqual([]);
    });
  },
  60_000,
);

it('takes and delivers bodies of exactly the largest size', async () => {
  await withDaemon({ maxMsgSize: 300_000, maxBodySize: 300_008 + 300_004 }, async (daemon) => {
    const consumer = await (await daemon.client()).subscribe('t', 'c', 10);
    const producer = await daemon.client();
    const largest = POOL.subarray(0, 300_000);
    producer.send(encodePub('t', largest), encodeDpub('t', 0, largest), encodeMpub('t', [largest, largest]));
    await producer.ok(3);
    for (const { body: got } of await consumer.messages(4)) expect(digest(got)).toBe(digest(largest));
    producer.send(encodePub('t', POOL.subarray(0, 300_001)));
    expect(await producer.rest()).toEqual(['!E_BAD_MESSAGE PUB message too big 300001 > 300000']);
  });
});

it('keeps the order of one producer for one consumer', async () => {
  await withDaemon({}, async (daemon) => {
    const consumer = await (await daemon.client()).subscribe('t', 'c', 100);
    const producer = await daemon.client();
    const numbered = Array.from({ length: 3000 }, (_, i) => {
      const one = Buffer.alloc(i % 97 === 0 ? 70_000 : 20);
      one.writeInt32BE(i, 0);
      return encodePub('t', one);
    });
    producer.send(...numbered);
    for (let i = 0; i < numbered.length; i++) {
      const message = await consumer.message();
      expect(message.body.readInt32BE(0)).toBe(i);
      consumer.send(encodeFin(message.id));
    }
    await producer.ok(numbered.length);
  });
});
