import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNsqd, tlsFlags } from '@nsq/e2e';
import type { BenchOptions } from './options.js';

const WINDOW = '--mem-queue-size=10000000';
const STOP_MS = 10_000;

/** The daemon that is measured. */
export interface Target {
  readonly host: string;
  readonly tcpPort: number;
  readonly httpPort: number;
  readonly pid: number;
  /** Ends it if it was started for this; at once when something has gone wrong. */
  end(failed: boolean): Promise<void>;
}

/** The daemon that was named, or a fresh one in a folder of its own, with a certificate if `tls`. */
export async function openTarget(options: BenchOptions, tls: boolean): Promise<Target> {
  if (options.attach !== null) return { ...options.attach, end: () => Promise.resolve() };
  const dataPath = mkdtempSync(join(tmpdir(), 'nsq-bench-'));
  const remove = () => {
    rmSync(dataPath, { recursive: true, force: true });
  };
  process.once('exit', remove);
  const tidy = () => {
    process.removeListener('exit', remove);
    remove();
  };
  try {
    const nsqd = await startNsqd({
      dataPath,
      flags: [WINDOW, ...(tls ? tlsFlags : []), ...options.flags],
      ...(options.command === null ? {} : { command: options.command }),
    });
    const { host, tcpPort, httpPort, pid } = nsqd;
    return {
      host,
      tcpPort,
      httpPort,
      pid,
      end: async (failed) => {
        await nsqd.stop(failed ? 'SIGKILL' : 'SIGTERM', STOP_MS).finally(tidy);
      },
    };
  } catch (error) {
    tidy();
    throw error;
  }
}
