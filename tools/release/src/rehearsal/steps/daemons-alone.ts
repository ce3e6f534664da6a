import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { runToEnd } from '@nsq/e2e';
import { Program } from '../program.js';
import type { Stage } from '../stage.js';

const INSTALL_MS = 300_000;
const START_MS = 30_000;
const STOP_MS = 30_000;
const HTTP_MS = 10_000;
const ANY_PORTS = ['--tcp-address=127.0.0.1:0', '--http-address=127.0.0.1:0'];

/** Each daemon by itself, in an empty folder: starts, answers, stops cleanly. */
export async function daemonsAlone(stage: Stage): Promise<string> {
  const nsqd = stage.emptyFolder('nsqd');
  mkdirSync(path.join(nsqd, 'data'));
  const nsqdPackages = await checkDaemon(nsqd, '@nsq/nsqd', ['nsqd', ...ANY_PORTS, '--data-path=data']);
  const lookupd = stage.emptyFolder('nsqlookupd');
  const lookupdPackages = await checkDaemon(lookupd, '@nsq/nsqlookupd', ['nsqlookupd', ...ANY_PORTS]);
  return `nsqd with ${nsqdPackages} packages, nsqlookupd with ${lookupdPackages}`;
}

async function checkDaemon(folder: string, name: string, [program = '', ...flags]: readonly string[]): Promise<number> {
  await runToEnd(['npm', 'install', '--prefer-offline', name], { cwd: folder, timeoutMs: INSTALL_MS });
  const daemon = new Program([path.join(folder, 'node_modules', '.bin', program), ...flags], folder);
  const [, address = ''] = await daemon.line(/HTTP: listening on (\S+:\d+)/, START_MS);
  const response = await fetch(`http://${address}/ping`, { signal: AbortSignal.timeout(HTTP_MS) });
  if ((await response.text()) !== 'OK') throw new Error(`${name}: /ping answers ${response.status}`);
  await daemon.interrupt(STOP_MS);
  const tree = await runToEnd(['npm', 'ls', '--all', '--parseable'], { cwd: folder, timeoutMs: INSTALL_MS });
  return tree.trimEnd().split('\n').length - 1;
}
