import { prepareConsume } from './consume.js';
import { prepareIdle } from './idle.js';
import type { FromLoad, LoadJob, ToLoad } from './job.js';
import { prepareLatency } from './latency.js';
import { prepareLibraryConsume } from './library-consume.js';
import { prepareLibraryPublish } from './library-publish.js';
import type { Load } from './load.js';
import { preparePublishOne } from './publish-one.js';
import { preparePublish } from './publish.js';

function prepare(job: LoadJob): Promise<Load> {
  switch (job.kind) {
    case 'publish':
      return preparePublish(job);
    case 'consume':
      return prepareConsume(job);
    case 'publish-one':
      return preparePublishOne(job);
    case 'latency':
      return prepareLatency(job);
    case 'idle':
      return prepareIdle(job);
    case 'library-publish':
      return prepareLibraryPublish(job);
    case 'library-consume':
      return Promise.resolve(prepareLibraryConsume(job));
  }
}

function tell(message: FromLoad): void {
  process.send?.(message);
}

let load: Load | null = null;

async function obey(message: ToLoad): Promise<void> {
  if ('job' in message) {
    load = await prepare(message.job);
    tell({ ready: true });
  } else if (load !== null) {
    const before = process.cpuUsage();
    const result = await load();
    const { user, system } = process.cpuUsage(before);
    tell({ result: { ...result, cpuMicros: user + system } });
  }
}

// The bench ends this process: when it has the result, or by going away itself.
process.on('message', (message: ToLoad) => {
  obey(message).catch((error: unknown) => {
    tell({ error: error instanceof Error ? error.message : String(error) });
  });
});
process.on('disconnect', () => process.exit());
