import fs from 'node:fs';
import path from 'node:path';
import { contents, failAt, NSQD_DATA, temporaryFolder } from '../test/support.js';
import { finishMove, moveImported } from './move-imported.js';
import { findQueues } from './queue-files.js';

let folder: string;
let original: Record<string, string>;
beforeEach(() => {
  folder = temporaryFolder();
  fill();
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function fill(): void {
  fs.cpSync(path.join(NSQD_DATA, 'kill-9'), folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'crash:c.diskqueue.000007.dat.bad'), 'bad');
  fs.writeFileSync(path.join(folder, 'crash:c.diskqueue.meta.dat.77.tmp'), 'tmp');
  original = contents(folder);
}

const imported = (): string => path.join(folder, 'imported');
const move = async (): Promise<string[]> => moveImported(folder, (await findQueues(folder)).queues);

function expectAllMoved(): void {
  const { 'nsqd.dat': state, ...files } = original;
  expect(contents(folder)).toEqual({ 'nsqd.dat': state });
  expect(contents(imported())).toEqual(files);
}

describe('moveImported', () => {
  it('moves every file of the queues and nothing else', async () => {
    expect((await move()).length).toBe(6);
    expectAllMoved();
  });

  it('leaves queues alone that it is not told of', async () => {
    const { queues } = await findQueues(folder);
    await moveImported(folder, queues.slice(0, 1), 'elsewhere');
    expect((await findQueues(folder)).queues.map(({ name }) => name)).toEqual(['never_synced:c']);
    expect((await findQueues(path.join(folder, 'elsewhere'))).queues.map(({ name }) => name)).toEqual(['crash:c']);
  });

  it('does nothing for no queues', async () => {
    expect(await moveImported(folder, [])).toEqual([]);
    expect(fs.existsSync(imported())).toBe(false);
  });

  it('overwrites nothing that was imported earlier', async () => {
    await move();
    fill();
    await move();
    fill();
    await move();
    for (const suffix of ['', '.1', '.2']) {
      const name = `crash:c.diskqueue.meta.dat${suffix}`;
      expect(contents(imported())[name]).toBe(original['crash:c.diskqueue.meta.dat']);
    }
  });

  it('moves all or nothing, whenever it is killed', async () => {
    const states = new Set<string>();
    let step = 1;
    while (await failAt(step, true, move)) {
      await finishMove(folder);
      const isMoved = (await findQueues(folder)).queues.length === 0;
      states.add(isMoved ? 'all' : 'nothing');
      if (isMoved) {
        for (const name of fs.readdirSync(imported())) if (name.startsWith('moving.json.')) fs.rmSync(path.join(imported(), name));
        expectAllMoved();
      } else {
        expect(contents(folder)).toEqual(original);
      }
      fs.rmSync(imported(), { recursive: true, force: true });
      fill();
      step++;
    }
    expectAllMoved();
    expect([...states]).toEqual(['nothing', 'all']);
  });

  it('moves all, however often finishing it is killed too', async () => {
    let kills = 0;
    while (await failAt(6, true, kills === 0 ? move : () => finishMove(folder))) kills++;
    expect(kills).toBeGreaterThan(1);
    expectAllMoved();
  });
});

describe('finishMove', () => {
  async function killedMove(): Promise<void> {
    let step = 1;
    while (await failAt(step, true, move)) {
      if (fs.existsSync(path.join(imported(), 'moving.json'))) return;
      step++;
    }
  }

  it('does nothing when no move was cut short', async () => {
    expect(await finishMove(folder)).toEqual([]);
    expect(contents(folder)).toEqual(original);
  });

  it('leaves a file where it is that another program has written since', async () => {
    await killedMove();
    const file = path.join(folder, 'crash:c.diskqueue.meta.dat');
    fs.rmSync(file);
    fs.writeFileSync(file, 'new');
    fs.appendFileSync(path.join(folder, 'crash:c.diskqueue.000001.dat'), 'more');
    await finishMove(folder);
    expect(Object.keys(contents(folder)).sort()).toEqual(['crash:c.diskqueue.000001.dat', 'crash:c.diskqueue.meta.dat', 'nsqd.dat']);
  });

  it.each([
    'no JSON',
    'null',
    '{"files":[{"name":"../t.diskqueue.meta.dat","size":"1","inode":"1","modified":"1"}]}',
    '{"files":[{"name":"nsqd.dat","size":"1","inode":"1","modified":"1"}]}',
    '{"files":[{"name":"t.diskqueue.meta.dat"}]}',
  ])('refuses the list %j', async (list) => {
    fs.mkdirSync(imported());
    fs.writeFileSync(path.join(imported(), 'moving.json'), list);
    await expect(finishMove(folder)).rejects.toMatchObject({ code: 'E_MOVE', file: path.join(imported(), 'moving.json') });
    await expect(move()).rejects.toMatchObject({ code: 'E_MOVE' });
    expect(contents(folder)).toEqual(original);
  });

  it.each(['', '.', '..', 'a/b', '/tmp'])('refuses the target %j', async (target) => {
    await expect(finishMove(folder, target)).rejects.toMatchObject({ code: 'E_MOVE' });
  });
});
