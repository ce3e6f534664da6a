import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Samples } from './load/samples.js';
import type { Measurement } from './run.js';

const TIMES = 300;

/** What the disk takes for one append and fdatasync, in the folder where the daemons have their data. */
export function diskScenario(bytes: number): () => Promise<Measurement> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nsq-bench-'));
    const samples = new Samples();
    const content = Buffer.alloc(bytes, 'x');
    try {
      const file = await open(join(folder, 'file'), 'wx');
      const startedAt = performance.now();
      for (let i = 0; i < TIMES; i++) {
        const from = performance.now();
        await file.write(content);
        await file.datasync();
        samples.add(performance.now() - from);
      }
      const elapsedMs = performance.now() - startedAt;
      await file.close();
      const nobody = { daemonMicros: NaN, daemonCpu: NaN, loadCpu: NaN, peakMiB: NaN };
      return { ...nobody, messages: TIMES, perSecond: (TIMES / elapsedMs) * 1000, ...samples.spread() };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
