import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Nsq } from './nsq.js';

interface Running {
  readonly name: string;
  readonly pid: number;
  readonly tcp: string;
  readonly http: string;
}

jest.setTimeout(60_000);

let folder = '';
const started: Nsq[] = [];
const pids: number[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nsq-up-'));
});

afterEach(async () => {
  for (const nsq of started.splice(0)) {
    nsq.child.kill('SIGTERM');
    await nsq.ended;
  }
  for (const pid of pids.splice(0)) if (alive(pid)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function nsqUp(...args: string[]): Nsq {
  const nsq = new Nsq(['up', '--any-ports', '--json', `--data=${folder}`, ...args]);
  started.push(nsq);
  return nsq;
}

async function running(nsq: Nsq): Promise<Running[]> {
  const daemons = JSON.parse(await nsq.firstLine()) as Running[];
  pids.push(...daemons.map(({ pid }) => pid));
  return daemons;
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Ends when none of them runs any more, at the latest when the test's time is over. */
async function gone(daemons: readonly Running[]): Promise<void> {
  while (daemons.some(({ pid }) => alive(pid))) await sleep(20);
}

describe('nsq up', () => {
  it('starts the stack, tells where it is when all of it answers, and stops all at Ctrl-C', async () => {
    const nsq = nsqUp('--nsqd=2', '--lookupd=1');
    const daemons = await running(nsq);
    expect(daemons.map(({ name }) => name)).toEqual(['nsqlookupd-1', 'nsqd-1', 'nsqd-2']);
    for (const { http } of daemons) expect(await (await fetch(`http://${http}/ping`)).text()).toBe('OK');
    const [, , second] = daemons;
    await fetch(`http://${second?.http ?? ''}/pub?topic=kept`, { method: 'POST', body: 'x' });

    nsq.child.kill('SIGINT');
    expect(await nsq.ended).toBe(0);
    expect(daemons.filter(({ pid }) => alive(pid))).toEqual([]);
    expect(nsq.stderr).toMatch(/^nsqd-2 {7}\| \[nsqd\] .* NSQ: bye$/m);
    expect(await readdir(path.join(folder, 'nsqd-2/topics'))).toHaveLength(1);
  });

  it('leaves nothing behind when it is killed', async () => {
    const nsq = nsqUp('--nsqd=2');
    const daemons = await running(nsq);
    nsq.child.kill('SIGKILL');
    await nsq.ended;
    await gone(daemons);
    expect(daemons).toHaveLength(3);
  });

  it('ends as a failure, with all of it, when one daemon has ended', async () => {
    const nsq = nsqUp('--nsqd=2');
    const daemons = await running(nsq);
    process.kill(daemons.find(({ name }) => name === 'nsqd-2')?.pid ?? 0, 'SIGKILL');
    expect(await nsq.ended).toBe(1);
    expect(nsq.stderr).toMatch(/^nsq: nsqd-2 has ended \(SIGKILL\)/m);
    expect(daemons.filter(({ pid }) => alive(pid))).toEqual([]);
  });

  it('says which daemon could not start, and leaves none', async () => {
    const daemons = await running(nsqUp('--lookupd=0'));
    const second = nsqUp('--lookupd=1');
    expect(await second.ended).toBe(1);
    expect(second.stderr).toMatch(/^nsqd-1 .* FATAL: .*lock/m);
    expect(second.stderr).toMatch(/^nsq: nsqd-1 has ended before it was ready \(exit code 1\)/m);
    expect(second.stderr).toMatch(/^nsqlookupd-1 .* TCP: closing/m);
    expect(daemons.filter(({ pid }) => alive(pid))).toHaveLength(1);
  });

  it.each(['the path of a file', 'a folder below /proc'])('refuses %s as data folder, with what to do', async (what) => {
    await writeFile(path.join(folder, 'file'), '');
    const nsq = nsqUp(`--data=${what.endsWith('/proc') ? '/proc/none' : `${folder}/file`}`, '--lookupd=0');
    expect(await nsq.ended).toBe(1);
    expect(nsq.stderr).toMatch(/^nsq: cannot make the data folder .*; --data names another one\n$/);
  });

  it.each([
    [['--nsqd=x'], /^error: option '--nsqd <n>' argument 'x' is invalid\. It has to be a whole number from 0 to 600\.$/m],
    [['--durability=always'], /Allowed choices are memory, disk, fsync\./],
    [['--hots=x'], /^\(Did you mean --host\?\)$/m],
  ])('answers %j with what is wrong, exit code 2', async (args, message) => {
    const nsq = nsqUp(...args);
    expect(await nsq.ended).toBe(2);
    expect(nsq.stderr).toMatch(message);
  });
});
