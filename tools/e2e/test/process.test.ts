import { createServer } from 'node:net';
import { join } from 'node:path';
import { runNsqd, within } from '../src/index.js';
import { Daemons } from './daemon.js';

const daemons = new Daemons();

jest.setTimeout(30_000);
afterEach(() => daemons.end());

const fatalLines = (stderr: string) => stderr.split('\n').filter((line) => line.includes(' FATAL: '));
const FATAL = String.raw`^\[nsqd\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6} FATAL: failed to instantiate nsqd - `;

/** One FATAL line in the reference's form that ends in `message`, and no stack trace. */
function expectFatal(stderr: string, message: string): void {
  const lines = fatalLines(stderr);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(new RegExp(FATAL));
  expect(lines[0]?.replace(new RegExp(FATAL), '')).toBe(message);
  expect(stderr).not.toMatch(/^\s+at /m);
}

it('prints its version on stdout and nothing else', async () => {
  const run = await runNsqd(['--version']);
  expect(run.stdout).toMatch(/^nsqd v\d+\.\d+\.\d+\S* \(built w\/\S+\)\n$/);
  expect(run).toMatchObject({ code: 0, stderr: '' });
});

it('refuses a flag it does not know: its name, the usage, exit code 2', async () => {
  const run = await runNsqd(['--no-such-flag']);
  expect(run.stderr).toMatch(/^flag provided but not defined: -no-such-flag\nUsage of nsqd:\n/);
  expect(run).toMatchObject({ code: 2, stdout: '' });
});

it('refuses a value it cannot read: flag and value, exit code 2', async () => {
  const run = await runNsqd(['--node-id=abc']);
  expect(run.stderr).toMatch(/^invalid value "abc" for flag -node-id: parse error\nUsage of nsqd:\n/);
  expect(run).toMatchObject({ code: 2, stdout: '' });
});

it('refuses a data path that is not there: one line, exit code 1', async () => {
  const missing = join(await daemons.folder(), 'missing');
  const run = await runNsqd(['--tcp-address=127.0.0.1:0', '--http-address=127.0.0.1:0', `--data-path=${missing}`]);
  expectFatal(run.stderr, `failed to lock data-path: open ${missing}: no such file or directory`);
  expect(run).toMatchObject({ code: 1, stdout: '' });
});

it.each(['tcp', 'http'])('refuses a %s port in use: one line, exit code 1', async (which) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await within(5_000, 'a port', new Promise((resolve) => holder.once('listening', resolve)));
  const address = holder.address();
  const taken = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const addresses = { tcp: '127.0.0.1:0', http: '127.0.0.1:0', [which]: taken };
  try {
    const run = await runNsqd([
      `--tcp-address=${addresses.tcp}`,
      `--http-address=${addresses.http}`,
      `--data-path=${await daemons.folder()}`,
    ]);
    expectFatal(run.stderr, `listen (${taken}) failed - listen tcp ${taken}: bind: address already in use`);
    expect(run).toMatchObject({ code: 1, stdout: '' });
  } finally {
    holder.close();
  }
});

it('refuses a folder that another one holds, and leaves that one alone', async () => {
  const folder = await daemons.folder();
  const first = await daemons.start(folder);
  const run = await runNsqd(['--tcp-address=127.0.0.1:0', '--http-address=127.0.0.1:0', `--data-path=${folder}`]);
  expectFatal(
    run.stderr,
    `failed to lock data-path: cannot flock directory ${folder} - resource temporarily unavailable (possibly in use by another instance of nsqd)`,
  );
  expect(run).toMatchObject({ code: 1, stdout: '' });
  const ping = await fetch(`http://${first.host}:${first.httpPort}/ping`, { signal: AbortSignal.timeout(5_000) });
  expect(await ping.text()).toBe('OK');
});

it('takes a folder whose holder was killed', async () => {
  const folder = await daemons.folder();
  const first = await daemons.start(folder);
  await first.stop('SIGKILL');
  const second = await daemons.start(folder);
  expect(await second.stop()).toEqual({ code: 0, signal: null });
});

it.each(['SIGINT', 'SIGTERM'] as const)('stops cleanly on %s: exit code 0, and says bye last', async (signal) => {
  const nsqd = await daemons.start(await daemons.folder());
  expect(await nsqd.stop(signal)).toEqual({ code: 0, signal: null });
  expect(nsqd.log().trimEnd().split('\n').at(-1)).toMatch(/ INFO: NSQ: bye$/);
  expect(fatalLines(nsqd.log())).toEqual([]);
});
