import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { exitOf, within } from '@nsq/e2e';

const START_MS = 60_000;
const STOP_MS = 10_000;

/** A registry on this machine that knows only what is published to it. */
export interface Registry {
  readonly url: string;
  /** Where it keeps the tarballs: `@nsq/client/client-0.1.0.tgz`. */
  readonly storage: string;
  /** Settings of npm, with which our packages are taken from it and published to it. */
  readonly npmrc: string;
  stop(): Promise<void>;
}

/** @param program `serve.cjs` with the registry's own dependencies beside it */
export async function startRegistry(program: string, storage: string): Promise<Registry> {
  // npm keeps answers by their address: one that no earlier run had cannot be answered from there.
  const prefix = `/${randomBytes(8).toString('hex')}/`;
  const child = fork(program, [storage, prefix], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-8000)));
  }
  const exited = exitOf(child);
  const failed = exited.then(() => Promise.reject(new Error(`the registry ended before it listened\n${log}`)));
  const listening = new Promise<number>((resolve) => {
    child.once('message', (message) => resolve((message as { readonly port: number }).port));
  });
  const port = await within(START_MS, 'start of the registry', Promise.race([listening, failed]));
  failed.catch(() => undefined); // it listens: its end is `stop`'s
  const host = `127.0.0.1:${port}${prefix}`;
  return {
    url: `http://${host}`,
    storage: path.resolve(storage),
    npmrc: `@nsq:registry=http://${host}\n//${host}:_authToken=any\n`,
    stop: async () => {
      kill();
      await within(STOP_MS, 'end of the registry', exited);
      process.removeListener('exit', kill);
    },
  };
}
