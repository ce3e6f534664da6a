import fs from 'node:fs';
import path from 'node:path';
import { bodies, read, readNamed, temporaryFolder } from '../test/support.js';
import { DiskMessage } from './disk-message.js';
import { inspectQueue } from './inspect-queue.js';
import { findQueue } from './queue-files.js';
import { readQueue } from './read-queue.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function record(body: string | Buffer): Buffer {
  const { payload } = DiskMessage.of({ timestamp: 1n, attempts: 0, id: '0123456789abcdef', body: Buffer.from(body) });
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

function put(suffix: string, ...content: (string | Buffer)[]): void {
  fs.writeFileSync(path.join(folder, `q.diskqueue.${suffix}.dat`), Buffer.concat(content.map((part) => Buffer.from(part))));
}

const ONE = record('one').length;

describe('readQueue', () => {
  it('hands out nothing for a queue without files', async () => {
    expect(await readNamed(folder, 'q')).toEqual({ messages: [], problems: [] });
  });

  it('starts behind the first file, when that was read to its exact end', async () => {
    put('000000', record('one'));
    put('000001', record('two'));
    put('meta', `1\n0,${ONE}\n1,${ONE}\n`);
    const { messages, problems } = await readNamed(folder, 'q');
    expect([bodies(messages), problems]).toEqual([['two'], []]);
  });

  it('does not miss a write file that nothing was written to yet', async () => {
    put('000000', record('one'));
    put('meta', '1\n0,0\n1,0\n');
    expect((await readNamed(folder, 'q')).problems).toEqual([]);
  });

  it('delivers what a crash left beside metadata of an empty queue', async () => {
    put('000000', record('one'));
    put('meta', '0\n0,0\n0,0\n');
    const { messages, problems } = await readNamed(folder, 'q');
    expect(bodies(messages)).toEqual(['one']);
    expect(problems).toMatchObject([{ code: 'beyond-metadata', bytes: ONE }, { code: 'depth' }]);
  });

  it('reads all files in the order of their numbers when there is no metadata, gaps named', async () => {
    put('1000000', record('c'));
    put('000007', record('a'));
    put('000009', record('b'));
    const { messages, problems } = await readNamed(folder, 'q');
    expect(bodies(messages)).toEqual(['a', 'b', 'c']);
    expect(problems.map(({ message }) => message)).toEqual([
      'DISKQUEUE(q) has no metadata; all data files are read from their beginning',
      'DISKQUEUE(q) q.diskqueue.000008.dat is missing',
      'DISKQUEUE(q) q.diskqueue.000010.dat is missing, with the 999989 after it',
    ]);
  });

  it('names files that lie before the read position', async () => {
    put('000000', record('old'));
    put('000001', record('new'));
    put('meta', `1\n1,0\n1,${ONE}\n`);
    const { messages, problems } = await readNamed(folder, 'q');
    expect(bodies(messages)).toEqual(['new']);
    expect(problems).toMatchObject([{ code: 'file-left-over', file: 'q.diskqueue.000000.dat', bytes: ONE, loss: false }]);
  });

  it('reads on from the read position when the write position cannot be', async () => {
    put('000000', record('old'));
    put('000002', record('one'), record('two'));
    put('meta', `1\n2,${ONE}\n0,${ONE}\n`);
    const { messages, problems } = await readNamed(folder, 'q');
    expect(bodies(messages)).toEqual(['two']);
    expect(problems.map(({ code }) => code)).toEqual(['positions-crossed', 'file-left-over', 'beyond-metadata']);
  });

  it('reads everything when told to ignore the metadata', async () => {
    put('000000', record('one'), record('two'));
    put('meta', `3\n2,0\n0,${ONE}\n`);
    const { messages, problems } = await readNamed(folder, 'q', { ignoreMetadata: true });
    expect([bodies(messages), problems]).toEqual([['one', 'two'], []]);
  });

  it('notes a write file that ends between two records before the write position', async () => {
    put('000000', record('one'));
    put('meta', `2\n0,0\n0,${2 * ONE}\n`);
    const { problems } = await readNamed(folder, 'q');
    expect(problems).toMatchObject([
      { code: 'file-short', offset: ONE, bytes: ONE, loss: true },
      { code: 'depth', loss: true },
    ]);
  });

  it('gives up a file at zeros, as a power loss can leave them', async () => {
    put('000000', record('one'), Buffer.alloc(4096));
    put('000001', record('two'));
    const { messages, problems } = await readNamed(folder, 'q');
    expect(bodies(messages)).toEqual(['one', 'two']);
    expect(problems).toMatchObject([{ code: 'metadata-missing' }, { code: 'bad-length', offset: ONE, bytes: 4096, loss: true }]);
  });

  it('takes a length above the limit for a large message only if a record or the end follows', async () => {
    const large = record(Buffer.alloc(5000, 'L'));
    put('000000', large, record('one'), large);
    const sound = await readNamed(folder, 'q', { maxMsgSize: 100, chunkBytes: 64 });
    expect(sound.messages.map(({ body }) => body.length)).toEqual([5000, 3, 5000]);
    expect(sound.problems).toMatchObject([{ code: 'metadata-missing' }, { code: 'oversized-record', loss: false }]);

    large.writeInt32BE(5000, 0);
    put('000000', large, record('one'));
    const damaged = await readNamed(folder, 'q', { maxMsgSize: 100 });
    expect(damaged.messages).toEqual([]);
    expect(damaged.problems).toMatchObject([{ code: 'metadata-missing' }, { code: 'bad-length', offset: 0, loss: true }]);
  });

  it('hands out chunks of about the size asked for, the memory of each its own', async () => {
    put('000000', ...Array.from({ length: 100 }, (_, i) => record(String(i).padStart(3, '0'))));
    const chunks: DiskMessage[][] = [];
    for await (const chunk of readQueue(await findQueue(folder, 'q'), { chunkBytes: 10 * ONE + 7, onProblem: () => undefined }))
      chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.length)).toEqual(Array<number>(10).fill(10));
    expect(new Set(chunks.map(([first]) => first?.payload.buffer)).size).toBe(10);
  });

  it('closes the file when the reader leaves early', async () => {
    put('000000', record('one'), record('two'));
    const queue = await findQueue(folder, 'q');
    const openFiles = (): number => fs.readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(folder)).length;
    for await (const chunk of readQueue(queue, { chunkBytes: 64, onProblem: () => undefined })) {
      expect([chunk.length, openFiles()]).toEqual([1, 1]);
      break;
    }
    expect(openFiles()).toBe(0);
  });

  it('says when a file goes away before its turn', async () => {
    put('000000', record('one'));
    const queue = await findQueue(folder, 'q');
    fs.rmSync(path.join(folder, 'q.diskqueue.000000.dat'));
    expect((await read(queue)).problems).toMatchObject([{ code: 'metadata-missing' }, { code: 'file-missing', loss: true }]);
  });

  it('ends with an error when the system refuses to read what is there', async () => {
    put('000000', record('one'));
    const queue = await findQueue(folder, 'q');
    fs.rmSync(path.join(folder, 'q.diskqueue.000000.dat'));
    fs.mkdirSync(path.join(folder, 'q.diskqueue.000000.dat'));
    await expect(read(queue)).rejects.toMatchObject({
      name: 'DiskqueueError',
      code: 'E_READ',
      file: path.join(folder, 'q.diskqueue.000000.dat'),
    });
  });

  it('lets an error of onProblem through as it is', async () => {
    put('000000', record('one'), 'xx');
    const onProblem = (): never => {
      throw new Error('mine');
    };
    await expect(readNamed(folder, 'q', { onProblem })).rejects.toThrow(/^mine$/);
  });

  it.each([{ chunkBytes: 63 }, { chunkBytes: NaN }, { maxMsgSize: -1 }, { maxMsgSize: 1.5 }])('refuses %p', async (options) => {
    await expect(readNamed(folder, 'q', options)).rejects.toThrow(RangeError);
  });
});

describe('inspectQueue', () => {
  it('counts what is stored and compares it with what is stated', async () => {
    put('000000', record('one'), record('two'));
    put('000001', record('three'), record('torn').subarray(0, 8));
    put('meta', `9\n0,${ONE}\n1,${ONE + 2}\n`);
    put('000000.dat.bad', 'x');
    fs.renameSync(path.join(folder, 'q.diskqueue.000000.dat.bad.dat'), path.join(folder, 'q.diskqueue.000000.dat.bad'));
    expect(await inspectQueue(await findQueue(folder, 'q'))).toMatchObject({
      name: 'q',
      topic: 'q',
      channel: undefined,
      metadata: { state: 'ok', value: { depth: 9, readPos: ONE } },
      files: [
        { name: 'q.diskqueue.000000.dat', bytes: 2 * ONE, messages: 1 },
        { name: 'q.diskqueue.000001.dat', bytes: ONE + 10, messages: 1 },
      ],
      badFiles: ['q.diskqueue.000000.dat.bad'],
      statedDepth: 9,
      messages: 2,
      bodyBytes: 8,
      problems: [
        { code: 'file-set-aside' },
        { code: 'beyond-metadata' },
        { code: 'torn-record', loss: false },
        { code: 'depth', loss: true },
      ],
    });
  });
});

function linkOf(fd: string): string {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the descriptor of the listing itself
  }
}
