import fs from 'node:fs';
import path from 'node:path';
import { bodies, contents, failAt, readNamed, temporaryFolder } from '../test/support.js';
import { DiskMessage } from './disk-message.js';
import { writeQueue } from './write-queue.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const limits = { maxBytesPerFile: 70, maxMsgSize: 1000 };
const message = (body: string | Buffer): DiskMessage =>
  DiskMessage.of({ timestamp: 1n, attempts: 0, id: '0123456789abcdef', body: Buffer.from(body) });
const batches = [[message('one'), message('two')], [], [message('three'), message('four')]];

describe('writeQueue', () => {
  it('begins a new file before the message that would make one too large', async () => {
    const metadata = await writeQueue(folder, 't:c', batches, limits);
    expect(metadata).toEqual({ depth: 4, readFile: 0, readPos: 0, writeFile: 1, writePos: 69 });
    expect(Object.entries(contents(folder)).map(([name, content]) => [name, content.length])).toEqual([
      ['t:c.diskqueue.000000.dat', 66],
      ['t:c.diskqueue.000001.dat', 69],
      ['t:c.diskqueue.meta.dat', 11],
    ]);
  });

  it('gives every message a file of its own when the limit is 0', async () => {
    expect(await writeQueue(folder, 't', batches, { ...limits, maxBytesPerFile: 0 })).toMatchObject({
      depth: 4,
      writeFile: 3,
      writePos: 34,
    });
  });

  it('writes messages larger than its buffer', async () => {
    const large = [message('a'), message(Buffer.alloc(300_000, 'b')), message('c'), message(Buffer.alloc(262_144 - 30, 'd')), message('e')];
    await writeQueue(folder, 't', [large], { maxBytesPerFile: 1e9, maxMsgSize: 1e6 });
    expect(bodies((await readNamed(folder, 't')).messages)).toEqual(large.map(({ body }) => body.toString()));
  });

  it('makes files only their owner can read', async () => {
    await writeQueue(folder, 't', batches, limits);
    for (const name of fs.readdirSync(folder)) expect(fs.statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('refuses a queue that has files, and leaves them alone', async () => {
    for (const name of ['t.diskqueue.000005.dat', 't:c.diskqueue.meta.dat']) fs.writeFileSync(path.join(folder, name), 'mine');
    const before = contents(folder);
    for (const name of ['t', 't:c']) await expect(writeQueue(folder, name, batches, limits)).rejects.toMatchObject({ code: 'E_EXISTS' });
    expect(contents(folder)).toEqual(before);
  });

  it('refuses a queue that gets files while it writes', async () => {
    const file = path.join(folder, 't.diskqueue.000000.dat');
    function* late(): Generator<DiskMessage[]> {
      yield [message('one')];
      fs.writeFileSync(file, 'mine');
    }
    await expect(writeQueue(folder, 't', late(), limits)).rejects.toMatchObject({ code: 'E_EXISTS', file });
    expect(contents(folder)).toEqual({ 't.diskqueue.000000.dat': 'mine' });
  });

  it('refuses a message that the reader would give up a file for, and leaves nothing', async () => {
    const failing = writeQueue(folder, 't', [...batches, [message(Buffer.alloc(1001))]], limits);
    await expect(failing).rejects.toMatchObject({
      code: 'E_MESSAGE',
      message: expect.stringContaining('(1027) minMsgSize=26 maxMsgSize=1026') as string,
    });
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('passes on what the source of the messages throws, and leaves nothing', async () => {
    function* failing(): Generator<DiskMessage[]> {
      yield [message('one')];
      throw new Error('mine');
    }
    await expect(writeQueue(folder, 't', failing(), limits)).rejects.toThrow(/^mine$/);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('leaves nothing, whichever step fails', async () => {
    for (let step = 1; ; step++) {
      let error: unknown;
      const hasFailed = await failAt(step, false, () =>
        writeQueue(folder, 't', batches, limits).catch((thrown: unknown) => (error = thrown)),
      );
      if (!hasFailed) break;
      expect(error).toMatchObject({ name: 'DiskqueueError' });
      expect(fs.readdirSync(folder)).toEqual([]);
    }
    expect(fs.readdirSync(folder).length).toBe(3);
  });

  it('has no metadata before all data is there, whenever it is killed', async () => {
    let step = 1;
    while (await failAt(step, true, () => writeQueue(folder, 't', batches, limits))) {
      const names = fs.readdirSync(folder);
      if (names.includes('t.diskqueue.meta.dat')) {
        const { messages, problems } = await readNamed(folder, 't');
        expect([bodies(messages), problems]).toEqual([['one', 'two', 'three', 'four'], []]);
      }
      for (const name of names) fs.rmSync(path.join(folder, name));
      step++;
    }
    expect(step).toBeGreaterThan(6);
  });

  it.each([[{ maxBytesPerFile: -1 }], [{ maxMsgSize: NaN }]])('refuses %p', async (wrong) => {
    await expect(writeQueue(folder, 't', batches, { ...limits, ...wrong })).rejects.toThrow(RangeError);
  });

  it.each(['../t', 'a b', ''])('refuses the name %j', async (name) => {
    await expect(writeQueue(folder, name, batches, limits)).rejects.toMatchObject({ code: 'E_NAME' });
  });
});
