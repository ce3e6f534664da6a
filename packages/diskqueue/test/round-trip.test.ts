import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { DiskMessage } from '../src/disk-message.js';
import { findQueues } from '../src/queue-files.js';
import { readQueue } from '../src/read-queue.js';
import { writeQueue } from '../src/write-queue.js';
import { CASES, contents, listed, NSQD_DATA, read, readNamed, temporaryFolder } from './support.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const limits = { maxMsgSize: 1_048_576, onProblem: () => undefined };

const anyMessage = fc
  .record({
    timestamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    attempts: fc.nat(65535),
    id: fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((id) => id.toString(16).padStart(16, '0')),
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    ),
    body: fc.uint8Array({ maxLength: 200 }),
  })
  .map((parts) => DiskMessage.of(parts));

it('reads what was written, whatever the messages, batches and file size', async () => {
  let run = 0;
  const batches = fc.array(fc.array(anyMessage, { maxLength: 8 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(batches, fc.nat(600), fc.integer({ min: 64, max: 600 }), async (written, maxBytesPerFile, chunkBytes) => {
      const name = `topic${run++}:c`;
      const metadata = await writeQueue(folder, name, written, { maxBytesPerFile, maxMsgSize: 200 });
      const { messages, problems } = await readNamed(folder, name, { chunkBytes });
      expect(problems).toEqual([]);
      expect(messages.map((message) => message.payload.toString('hex'))).toEqual(
        written.flat().map((message) => message.payload.toString('hex')),
      );
      expect(metadata.depth).toBe(messages.length);
    }),
    { numRuns: 60 },
  );
});

it('writes what was read, so that it reads the same again', async () => {
  const names = fs.readdirSync(CASES).filter((name) => fs.statSync(path.join(CASES, name)).isDirectory());
  const sources = [...names.map((name) => path.join(CASES, name)), path.join(NSQD_DATA, 'after-restart'), path.join(NSQD_DATA, 'kill-9')];
  for (const [i, source] of sources.entries()) {
    const target = path.join(folder, String(i));
    fs.mkdirSync(target);
    for (const queue of (await findQueues(source)).queues) {
      const before = await read(queue);
      await writeQueue(target, queue.name, readQueue(queue, limits), { maxBytesPerFile: 100, maxMsgSize: 10_000 });
      const after = await readNamed(target, queue.name);
      expect(after.messages.map(listed)).toEqual(before.messages.map(listed));
      expect(after.problems).toEqual([]);
    }
  }
});

it.each([
  ['01-single-file', 200],
  ['02-several-files', 200],
  ['05-never-written', 200],
  ['07-record-larger-than-file-limit', 200],
  ['08-exact-fit', 200],
  ['09-limit-lowered', 200],
  ['10-limit-raised', 80],
])('writes the files of case %s byte for byte', async (name, maxBytesPerFile) => {
  const source = path.join(CASES, name);
  for (const queue of (await findQueues(source)).queues) {
    await writeQueue(folder, queue.name, readQueue(queue, limits), { maxBytesPerFile, maxMsgSize: 1000 });
    expect(contents(folder)).toEqual(contents(source, `${queue.name}.diskqueue`));
  }
});

it('writes the queues of a whole data folder byte for byte', async () => {
  const source = path.join(NSQD_DATA, 'clean-stop');
  for (const queue of (await findQueues(source)).queues) {
    await writeQueue(folder, queue.name, readQueue(queue, limits), { maxBytesPerFile: 512, maxMsgSize: 4096 });
  }
  const expected = contents(source);
  delete expected['nsqd.dat'];
  expect(contents(folder)).toEqual(expected);
});
