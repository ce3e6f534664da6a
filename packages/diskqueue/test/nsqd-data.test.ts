import fs from 'node:fs';
import path from 'node:path';
import { findQueues } from '../src/queue-files.js';
import { formatQueueMetadata, loadQueueMetadata } from '../src/queue-metadata.js';
import { bodies, listed, NSQD_DATA, pick, read, readNamed, type Listed } from './support.js';

interface Manifest {
  readonly queues: Readonly<Record<string, { readonly meta_text: string; readonly messages: readonly Listed[] }>>;
}

interface KillManifest {
  readonly after_restart: { readonly delivered_from_crash_c: readonly Listed[] };
}

function load(name: string): unknown {
  return JSON.parse(fs.readFileSync(path.join(NSQD_DATA, `${name}.json`), 'utf8'));
}

describe.each(['clean-stop', 'after-restart'])('the data folder %s', (name) => {
  const manifest = load(name) as Manifest;
  const folder = path.join(NSQD_DATA, name);

  it('has the queues of the manifest, and nothing else', async () => {
    const { queues, unknown } = await findQueues(folder);
    expect(queues.map((queue) => queue.name)).toEqual(Object.keys(manifest.queues).sort());
    expect(unknown).toEqual([]);
  });

  it('gives every message of every queue, and nothing to report', async () => {
    for (const queue of (await findQueues(folder)).queues) {
      const { messages, problems } = await read(queue);
      expect(messages.map(listed)).toEqual(manifest.queues[queue.name]?.messages.map(pick));
      expect(problems).toEqual([]);
    }
  });

  it('has metadata that is formatted as it was written', async () => {
    for (const queue of (await findQueues(folder)).queues) {
      const metadata = await loadQueueMetadata(queue);
      expect(metadata.state === 'ok' && formatQueueMetadata(metadata.value)).toBe(manifest.queues[queue.name]?.meta_text);
    }
  });
});

describe('the data folder kill-9', () => {
  const folder = path.join(NSQD_DATA, 'kill-9');

  it('gives what the reference delivered after its restart, and says what the metadata did not know', async () => {
    const { messages, problems } = await readNamed(folder, 'crash:c');
    const { delivered_from_crash_c: delivered } = (load('kill-9') as KillManifest).after_restart;
    expect(messages.map(listed)).toEqual(delivered.map((message) => ({ ...pick(message), attempts: message.attempts - 1 })));
    expect(problems).toMatchObject([
      { code: 'beyond-metadata', file: 'crash:c.diskqueue.000001.dat', offset: 152, bytes: 76, loss: false },
      { code: 'depth', loss: false },
    ]);
  });

  it('gives the messages of a queue that had no metadata yet, which the reference loses', async () => {
    const { messages, problems } = await readNamed(folder, 'never_synced:c');
    expect(bodies(messages)).toEqual(['ns 4', 'ns 5']);
    expect(problems).toMatchObject([{ code: 'metadata-missing', loss: false }]);
  });
});
