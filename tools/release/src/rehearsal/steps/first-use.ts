import { existsSync, readdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { runToEnd } from '@nsq/e2e';
import { readManifest } from '../../published-package.js';
import { Program } from '../program.js';
import type { Stage } from '../stage.js';

const INSTALL_MS = 300_000;
const COMMAND_MS = 30_000;
const START_MS = 60_000;
const STOP_MS = 30_000;

/** As a new user: installs the command line in an empty folder, runs the stack, publishes, consumes, looks, presses Ctrl-C. */
export async function firstUse(stage: Stage): Promise<string> {
  const folder = stage.emptyFolder('first-use');
  await runToEnd(['npm', 'install', '--prefer-offline', '@nsq/cli', '@nsq/client'], { cwd: folder, timeoutMs: INSTALL_MS });
  const nsq = (...args: readonly string[]) => runToEnd(['npx', '--no-install', 'nsq', ...args], { cwd: folder, timeoutMs: COMMAND_MS });
  expect('nsq --version', (await nsq('--version')).includes(stage.version));

  // Not by npx, which ends with the signal, whatever its program ends with.
  const up = new Program([path.join(folder, 'node_modules', '.bin', 'nsq'), 'up', '--any-ports', '--json', '--data', 'data'], folder);
  const [json = ''] = await up.line(/^\[\{.*\}\]$/, START_MS);
  const daemons = JSON.parse(json) as readonly Daemon[];
  const nsqd = daemons.find(({ name }) => name.startsWith('nsqd'));
  const lookupd = daemons.find(({ name }) => name.startsWith('nsqlookupd'));
  if (nsqd === undefined || lookupd === undefined) throw new Error(`nsq up runs ${json}`);
  await nsq('pub', 'greetings', 'hello world', '--nsqd', `http://${nsqd.http}`);
  expect('nsq tail', (await nsq('tail', 'greetings', '-n', '1', '--nsqd', `http://${nsqd.http}`)) === 'hello world\n');
  expect('nsq stat', (await nsq('stat', '--json', '--count', '1', '--lookupd', `http://${lookupd.http}`)).includes('"greetings"'));
  await up.interrupt(STOP_MS);
  await checkGone(daemons);
  expect('the data of nsqd', existsSync(path.join(folder, 'data', 'nsqd-1', 'nsqd.dat')));

  const programs = await checkHelp(folder);
  return `nsq up, pub, tail, stat; --help of ${programs} programs`;
}

interface Daemon {
  readonly name: string;
  readonly pid: number;
  readonly tcp: string;
  readonly http: string;
}

/** Every program of ours that the installation offers explains itself. @returns how many */
async function checkHelp(folder: string): Promise<number> {
  const scope = path.join(folder, 'node_modules', '@nsq');
  const programs = readdirSync(scope).flatMap((name) => Object.keys(readManifest(path.join(scope, name)).bin ?? {}));
  for (const program of programs) {
    await runToEnd([path.join(folder, 'node_modules', '.bin', program), '--help'], { cwd: folder, timeoutMs: COMMAND_MS });
  }
  return programs.length;
}

async function checkGone(daemons: readonly Daemon[]): Promise<void> {
  for (const { name, pid, tcp, http } of daemons) {
    expect(`${name} ended`, !isAlive(pid));
    for (const address of [tcp, http]) expect(`${address} closed`, !(await answers(address)));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function answers(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve) => {
    const socket = net.connect({ host, port: Number(port), timeout: 5000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(true));
    socket.once('error', () => done(false));
  });
}

/** @throws {Error} saying that `what` is not so */
function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`not as expected: ${what}`);
}
