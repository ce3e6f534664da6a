import { FileCache } from '@nsq/commit-log';
import { SimulatedFileSystem } from '@nsq/commit-log/testing';
import { Logger } from '@nsq/service';
import { Batch } from '../../src/queue/batch.js';
import { Health } from '../../src/storage/health.js';
import type { Durability, StorageContext } from '../../src/storage/storage-context.js';
import { TopicStorage } from '../../src/storage/topic-storage.js';
import { pack } from '../queue/fixture.js';
import { turn } from './life.js';

const FOLDER = '/data/topics/t';

interface Fixture {
  readonly fs: SimulatedFileSystem;
  readonly health: Health;
  readonly context: StorageContext;
  readonly storage: TopicStorage;
}

function fixture(durability: Durability = 'disk', more: Partial<StorageContext> = {}, trace?: (line: string) => void): Fixture {
  const fs = new SimulatedFileSystem({ folders: ['/data'], ...(trace !== undefined && { trace }) });
  const health = new Health();
  const context: StorageContext = {
    fileSystem: fs,
    files: new FileCache({ maxOpen: 8, idleMs: Infinity }),
    folder: '/data/topics',
    segmentBytes: 2 ** 30,
    durability,
    syncEvery: 0,
    health,
    logger: new Logger({ write: () => undefined }),
    barrier: () => null,
    ...more,
  };
  return { fs, health, context, storage: new TopicStorage(context, FOLDER) };
}

const batchOf = (seq: number, ...bodies: string[]): Batch => {
  const bytes = pack(bodies);
  return new Batch(seq, bodies.length, bytes, 0, bytes.length, 0, 1, seq, 0, 0);
};

const append = (storage: TopicStorage, batch: Batch): Promise<Error | null> => new Promise((resolve) => storage.append(batch, resolve));

async function until(met: () => boolean): Promise<void> {
  for (let turns = 0; !met(); turns++) {
    if (turns > 5000) throw new Error('it does not happen');
    await turn();
  }
}

it('makes no folder before there is something to write, and reads back what was written', async () => {
  const { fs, storage } = fixture();
  await turn();
  expect([fs.files, storage.empty, storage.opening]).toEqual([[], true, false]);
  const batch = batchOf(0, 'a', 'b');
  const stored = append(storage, batch);
  expect([storage.empty, storage.end, batch.writing]).toEqual([false, 2, true]);
  expect(await stored).toBeNull();
  expect(batch.segment).toBe(storage.segments.use(1));
  expect(batch.writing).toBe(false);
  const cursor = storage.read(0);
  const batches = await new Promise<readonly Batch[]>((resolve) => cursor.next((_error, found) => resolve(found)));
  expect(batches.map(({ seq, count }) => [seq, count])).toEqual([[0, 2]]);
  cursor.close();
  await storage.close();
  expect(fs.openFiles).toBe(0);
});

it('fails what waits when the log cannot be opened, and opens it for what comes next', async () => {
  const { fs, health, storage } = fixture();
  fs.fail({ operation: 'list', times: 1 });
  const both = [append(storage, batchOf(0, 'a')), append(storage, batchOf(1, 'b'))];
  const errors = await Promise.all(both);
  expect(errors.map((error) => error === null)).toEqual([false, false]);
  expect(health.problem).toBe(errors[0]?.message);
  expect([storage.end, storage.empty]).toEqual([0, true]);
  expect(await append(storage, batchOf(0, 'c'))).toBeNull();
  expect(health.problem).toBeUndefined();
  await storage.close();
});

it('is not healthy after a write that failed, until one succeeds; numbers are given again', async () => {
  const { fs, health, storage } = fixture();
  expect(await append(storage, batchOf(0, 'a'))).toBeNull();
  fs.capacity = fs.usedBytes;
  const error = await append(storage, batchOf(1, 'b'));
  expect(error?.message).toContain('ENOSPC');
  expect(health.problem).toBe(error?.message);
  expect(storage.end).toBe(1);
  fs.capacity = Infinity;
  expect(await append(storage, batchOf(1, 'c'))).toBeNull();
  expect([health.problem, storage.end]).toEqual([undefined, 2]);
  await storage.close();
});

it('does not store under a wrong number what follows a write that has failed', async () => {
  const { fs, storage } = fixture('fsync');
  expect(await append(storage, batchOf(0, 'a'))).toBeNull();
  fs.fail({ operation: 'write' });
  const failing = append(storage, batchOf(1, 'b', 'c'));
  expect((await failing)?.message).toContain('EIO');
  expect((await append(storage, batchOf(3, 'd')))?.message).toBe('number 3 does not follow 1');
  expect(await append(storage, batchOf(1, 'e'))).toBeNull();
  await storage.close();
});

it.each([true, false])('holds publishers back while too much waits, and lets them go on: writing works = %s', async (works) => {
  const { fs, storage } = fixture();
  if (!works) fs.fail({ operation: 'list', times: 100 });
  const large = 'x'.repeat(12 * 1024 * 1024);
  const stored = [0, 1, 2].map((seq) => append(storage, batchOf(seq, large)));
  expect(storage.congested).toBe(true);
  let resumed = 0;
  storage.whenRelieved(() => resumed++);
  expect(resumed).toBe(0);
  await Promise.all(stored);
  expect([storage.congested, resumed]).toEqual([false, 1]);
  storage.whenRelieved(() => resumed++);
  expect(resumed).toBe(2);
  fs.heal();
  await storage.close();
});

it('tells of a write when what it depends on is written, in order, and has a checkpoint end in front of it', async () => {
  let release = (): void => undefined;
  let barrier: Promise<void> | null = new Promise((resolve) => {
    release = resolve;
  });
  const { storage } = fixture('disk', { barrier: () => barrier });
  const told: number[] = [];
  for (const seq of [0, 1]) storage.append(batchOf(seq, 'a'), () => told.push(seq));
  await until(() => storage.log?.writtenSequence === 2);
  const { log, toldEnd } = storage;
  expect([told, toldEnd.offset < (log?.end.offset ?? 0)]).toEqual([[], true]);
  barrier = null;
  const later = append(storage, batchOf(2, 'b')).then(() => told.push(2));
  await until(() => log?.writtenSequence === 3);
  expect(told).toEqual([]);
  release();
  await later;
  expect(told).toEqual([0, 1, 2]);
  expect(storage.toldEnd).toEqual(log?.end);
  await storage.close();
});

it('refuses what is appended after it was closed', async () => {
  const { storage } = fixture();
  await storage.close();
  expect((await append(storage, batchOf(0, 'a')))?.message).toBe('the log is closed');
});

it('begins with an empty folder, whatever an earlier topic of the name has left there', async () => {
  const { fs, context, storage } = fixture();
  expect(await append(storage, batchOf(0, 'old', 'older'))).toBeNull();
  await storage.close();
  fs.corrupt(`${FOLDER}/checkpoint`, 0, Buffer.from('positions'));
  const next = new TopicStorage(context, FOLDER);
  expect(await append(next, batchOf(0, 'new'))).toBeNull();
  expect(fs.files).toEqual([`${FOLDER}/000000000001.log`]);
  expect(next.end).toBe(1);
  await next.close();
});

it('says nothing of the disk when a topic that is closed is written, synced and cleared', async () => {
  const { health, storage } = fixture();
  expect(await append(storage, batchOf(0, 'a'))).toBeNull();
  await storage.close();
  expect(await append(storage, batchOf(1, 'late'))).toBeInstanceOf(Error);
  await storage.sync();
  storage.clear(1);
  await turn();
  expect(health.problem).toBeUndefined();
});

it('has the disk synced after so many messages as --sync-every says', async () => {
  let syncs = 0;
  const { storage } = fixture('disk', { syncEvery: 5 }, (line) => {
    if (line.includes('datasync')) syncs++;
  });
  expect(await append(storage, batchOf(0, 'a', 'b'))).toBeNull();
  expect(await append(storage, batchOf(2, 'c', 'd'))).toBeNull();
  const before = syncs;
  expect(await append(storage, batchOf(4, 'e'))).toBeNull();
  await until(() => syncs > before);
  const after = syncs;
  expect(await append(storage, batchOf(5, 'f', 'g', 'h', 'i'))).toBeNull();
  expect([before, syncs - after]).toEqual([0, 0]);
  await storage.close();
});
