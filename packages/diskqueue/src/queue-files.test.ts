import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../test/support.js';
import { findQueue, findQueues } from './queue-files.js';
import { formatQueueName, isValidName, parseQueueName } from './queue-name.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const touch = (...names: string[]): void => names.forEach((name) => fs.writeFileSync(path.join(folder, name), ''));

describe('findQueues', () => {
  it('sorts the files of a folder by queue and kind', async () => {
    touch('nsqd.dat', 'nsqd.dat.17.tmp', 'orders.diskqueue.meta.dat', 'orders:a.diskqueue.1000000.dat', 'orders:a.diskqueue.000002.dat');
    touch(
      'orders:a.diskqueue.000001.dat.bad',
      'orders:a.diskqueue.meta.dat.5.tmp',
      'orders:a.diskqueue.000009.dat.5.tmp',
      'orders;w.diskqueue.000000.dat',
    );
    const { queues, unknown } = await findQueues(folder);
    expect(unknown).toEqual([]);
    expect(queues).toEqual([
      {
        folder,
        name: 'orders',
        topic: 'orders',
        channel: undefined,
        dataFiles: [],
        metadataFile: 'orders.diskqueue.meta.dat',
        badFiles: [],
        temporaryFiles: [],
      },
      {
        folder,
        name: 'orders:a',
        topic: 'orders',
        channel: 'a',
        dataFiles: [
          { name: 'orders:a.diskqueue.000002.dat', number: 2 },
          { name: 'orders:a.diskqueue.1000000.dat', number: 1_000_000 },
        ],
        metadataFile: undefined,
        badFiles: ['orders:a.diskqueue.000001.dat.bad'],
        temporaryFiles: ['orders:a.diskqueue.000009.dat.5.tmp', 'orders:a.diskqueue.meta.dat.5.tmp'],
      },
      expect.objectContaining({ name: 'orders;w', topic: 'orders', channel: 'w' }),
    ]);
    expect(await findQueue(folder, 'orders:a')).toEqual(queues[1]);
  });

  it('is not misled by a topic that is called like a file', async () => {
    touch('x.diskqueue.000000.dat.diskqueue.000003.dat');
    const { queues } = await findQueues(folder);
    expect(queues).toMatchObject([{ topic: 'x.diskqueue.000000.dat', dataFiles: [{ number: 3 }] }]);
  });

  it('names what only looks like a file of a queue', async () => {
    const odd = [
      'a b.diskqueue.000000.dat',
      't:c:d.diskqueue.000000.dat',
      't:.diskqueue.meta.dat',
      't.diskqueue.1.dat',
      't.diskqueue.0000001.dat',
    ];
    odd.push(
      't.diskqueue.99999999999999999999.dat',
      't.diskqueue.meta.dat.bad',
      't.diskqueue.meta.dat.x.tmp',
      `${'t'.repeat(65)}.diskqueue.meta.dat`,
    );
    touch(...odd);
    fs.mkdirSync(path.join(folder, 't.diskqueue.000001.dat'));
    execFileSync('mkfifo', [path.join(folder, 't.diskqueue.000002.dat')]);
    fs.symlinkSync('t.diskqueue.000002.dat', path.join(folder, 't.diskqueue.000003.dat'));
    fs.symlinkSync('nowhere', path.join(folder, 't.diskqueue.000004.dat'));
    const { queues, unknown } = await findQueues(folder);
    expect(queues).toEqual([]);
    expect(unknown.length).toBe(odd.length + 4);
    expect((await findQueue(folder, 't')).dataFiles).toEqual([]);
  });

  it('follows a link to a file, as the reference does', async () => {
    touch('elsewhere');
    fs.symlinkSync('elsewhere', path.join(folder, 't.diskqueue.000000.dat'));
    expect((await findQueues(folder)).queues).toMatchObject([{ name: 't', dataFiles: [{ number: 0 }] }]);
  });

  it('takes another rule for names', async () => {
    touch('t.diskqueue.meta.dat', 'u.diskqueue.meta.dat');
    const { queues, unknown } = await findQueues(folder, (name) => name === 'u');
    expect([queues.length, unknown]).toEqual([1, ['t.diskqueue.meta.dat']]);
  });

  it('fails for a folder that cannot be read', async () => {
    await expect(findQueues(path.join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'E_READ', file: path.join(folder, 'nowhere') });
  });
});

describe('names of queues', () => {
  it('have a colon between topic and channel, on Windows a semicolon', () => {
    expect([formatQueueName('t'), formatQueueName('t', 'c', 'linux'), formatQueueName('t', 'c', 'win32')]).toEqual(['t', 't:c', 't;c']);
  });

  it('are taken apart in both forms', () => {
    expect(parseQueueName('t;c#ephemeral')).toEqual({ name: 't;c#ephemeral', topic: 't', channel: 'c#ephemeral' });
  });

  it.each(['', ':c', 't:', '../t', 't/u', 't:c:d', 't\0', 'x'.repeat(65)])('cannot be %j', (name) => {
    expect(() => parseQueueName(name)).toThrow(expect.objectContaining({ code: 'E_NAME' }) as Error);
  });

  it('count the suffix of ephemeral ones', () => {
    expect([isValidName(`${'x'.repeat(54)}#ephemeral`), isValidName(`${'x'.repeat(55)}#ephemeral`)]).toEqual([true, false]);
  });
});
