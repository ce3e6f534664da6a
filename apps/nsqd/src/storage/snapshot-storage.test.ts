import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { Batch, emptyBatch } from '../queue/batch.js';
import type { StoredMessage, StoredTopic } from '../queue/storage.js';
import { SnapshotError } from './snapshot-file.js';
import { SnapshotStorage } from './snapshot-storage.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'nsq-snapshot-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const message: fc.Arbitrary<StoredMessage> = fc.record({
  idHi: int32,
  idLo: int32,
  timestampHi: int32,
  timestampLo: int32,
  attempts: fc.nat({ max: 65_535 }),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  dueAt: fc.nat(),
});

function batchOf(bodies: readonly Uint8Array[], gap: number): Batch {
  const pieces = bodies.flatMap((body, i) => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(body.length, 0);
    return [size, Buffer.from(body), Buffer.alloc(i + 1 < bodies.length ? gap : 0, '#')];
  });
  const bytes = Buffer.concat([Buffer.from('before'), ...pieces, Buffer.from('behind')]);
  return new Batch(0, bodies.length, bytes, 6, bytes.length - 6, bodies.length > 1 ? gap : 0, 1, 2, 3, 4);
}
const batch = fc
  .record({ bodies: fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1, maxLength: 5 }), gap: fc.nat({ max: 9 }) })
  .map(({ bodies, gap }) => batchOf(bodies, gap));

const content: fc.Arbitrary<StoredTopic> = fc.record({
  batches: fc.array(fc.oneof(batch, fc.constant(emptyBatch(0))), { maxLength: 5 }),
  dispatched: fc.nat({ max: 10 }),
  deferred: fc.array(message, { maxLength: 3 }),
  channels: fc.array(
    fc.record({ name: fc.constantFrom('a', 'b'), position: fc.nat({ max: 10 }), unfinished: fc.array(message, { maxLength: 4 }) }),
    {
      maxLength: 3,
    },
  ),
});

/** The messages of batches, whatever memory they lie in. */
function bodiesOf(batches: readonly Batch[]): string[] {
  return batches.flatMap((one) => {
    const bodies: string[] = [];
    let at = one.at;
    for (let i = 0; i < one.count; i++) {
      bodies.push(one.bytes.toString('hex', at + 4, at + 4 + one.bytes.readInt32BE(at)));
      at = one.offsetAfter(at);
    }
    return bodies;
  });
}

it('reads back what it wrote', async () => {
  const storage = new SnapshotStorage(folder);
  await fc.assert(
    fc.asyncProperty(content, async (stored) => {
      const bodies = bodiesOf(stored.batches);
      await storage.save('t', stored);
      const loaded = await storage.load('t');
      expect(loaded && bodiesOf(loaded.batches)).toEqual(bodies);
      expect(loaded && { ...loaded, batches: [] }).toEqual({ ...stored, batches: [] });
    }),
    { numRuns: 60 },
  );
});

it('has nothing for a topic that was never saved, or was removed', async () => {
  const storage = new SnapshotStorage(folder);
  expect(await storage.load('t')).toBeUndefined();
  await storage.save('t', { batches: [], dispatched: 0, deferred: [], channels: [] });
  await storage.remove('t');
  await storage.remove('t');
  expect(await storage.load('t')).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
});

it('refuses a file with a changed byte, or cut short, and leaves it as it is', async () => {
  const storage = new SnapshotStorage(folder);
  const file = path.join(folder, 't.snapshot');
  await storage.save('t', { batches: [batchOf([Buffer.from('body')], 0)], dispatched: 0, deferred: [], channels: [] });
  const good = await readFile(file);
  const damaged = [good.subarray(0, good.length - 1), good.subarray(0, 5), Buffer.alloc(0)];
  for (let i = 0; i < good.length; i++) {
    const changed = Buffer.from(good);
    changed[i] = (changed[i] ?? 0) ^ 1;
    damaged.push(changed);
  }
  for (const bytes of damaged) {
    await writeFile(file, bytes);
    await expect(storage.load('t')).rejects.toThrow(SnapshotError);
    await expect(storage.load('t')).rejects.toThrow(file);
    expect(await readFile(file)).toEqual(bytes);
  }
});
