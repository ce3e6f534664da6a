import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileCache, nodeFileSystem, type LogFileSystem } from '@nsq/commit-log';
import { findQueues, readQueue, writeQueue, DiskMessage, type DiskMessageParts } from '@nsq/diskqueue';
import { loadMetadata, persistMetadata, type TopicState } from '@nsq/metadata';
import { encodeSub, isValidName, MessageIdSource } from '@nsq/protocol';
import { Logger } from '@nsq/service';
import { Nsqd } from '../../src/index.js';
import type { NsqdOptions } from '../../src/options.js';
import { Health } from '../../src/storage/health.js';
import { importFolder } from '../../src/storage/import-folder.js';
import type { StorageContext } from '../../src/storage/storage-context.js';
import { Daemon } from '../tcp/daemon.js';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'nsqd-data');
export const LIMITS = { maxBytesPerFile: 1000, maxMsgSize: 1_048_576, isValid: isValidName };

/** A message in words: what has to be kept. */
export function describeMessage({ id, timestamp, attempts, body }: DiskMessageParts): string {
  return `${id} ${timestamp} ${attempts} ${Buffer.from(body).toString('base64')}`;
}

interface ManifestMessage {
  readonly id: string;
  readonly timestamp: string;
  readonly attempts: number;
  readonly body_base64: string;
}

export const fromManifest = ({ id, timestamp, attempts, body_base64: body }: ManifestMessage): string =>
  `${id} ${timestamp} ${attempts} ${body}`;

export interface Manifest {
  readonly nsqd_dat: {
    readonly topics: readonly {
      readonly name: string;
      readonly paused: boolean;
      readonly channels: readonly { readonly name: string; readonly paused: boolean }[] | null;
    }[];
  };
  readonly queues: Readonly<Record<string, { readonly messages: readonly ManifestMessage[] }>>;
  readonly after_restart?: { readonly delivered_from_crash_c: readonly ManifestMessage[] };
}

export async function manifestOf(fixture: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(FIXTURES, `${fixture}.json`), 'utf8')) as Manifest;
}

/** A data folder of a test. */
export class Folder {
  readonly path: string;
  readonly logged: string[] = [];
  readonly logger = new Logger({ level: 'info', write: (line) => this.logged.push(line.slice(line.indexOf(' ', 11) + 1).trimEnd()) });
  readonly files = new FileCache();

  constructor(path: string) {
    this.path = path;
  }

  /** Copies a golden folder into this one. */
  async fill(fixture: string): Promise<void> {
    await cp(join(FIXTURES, fixture), this.path, { recursive: true, preserveTimestamps: true });
  }

  topics(...topics: TopicState[]): Promise<void> {
    return persistMetadata(this.path, { topics }, 'test');
  }

  async queue(name: string, messages: readonly DiskMessageParts[]): Promise<void> {
    await writeQueue(this.path, name, [messages.map((message) => DiskMessage.of(message))], LIMITS);
  }

  context(fileSystem: LogFileSystem = nodeFileSystem): StorageContext {
    return {
      fileSystem,
      files: this.files,
      folder: join(this.path, 'topics'),
      segmentBytes: 2000,
      durability: 'memory',
      syncEvery: 2500,
      health: new Health(),
      logger: this.logger,
      barrier: () => null,
    };
  }

  async import(fileSystem?: LogFileSystem): Promise<void> {
    const { topics } = await loadMetadata(this.path, isValidName);
    const ids = new MessageIdSource(1, () => Date.now());
    const newId = (): { idHi: number; idLo: number } => {
      ids.take(1);
      return { idHi: ids.hi, idLo: ids.lo };
    };
    await importFolder(this.context(fileSystem), this.path, topics, { newId });
  }

  /** Names of the reference's queue files that are still to be read. */
  async queueFiles(): Promise<string[]> {
    return (await readdir(this.path)).filter((name) => name.includes('.diskqueue.')).sort();
  }

  /** What the reference would read, queue by queue. */
  async read(): Promise<Record<string, string[]>> {
    const { queues } = await findQueues(this.path, isValidName);
    const content: Record<string, string[]> = {};
    for (const queue of queues) {
      const messages: string[] = (content[queue.name] = []);
      const onProblem = ({ message }: { message: string }): void => {
        throw new Error(message);
      };
      for await (const chunk of readQueue(queue, { onProblem })) messages.push(...chunk.map(describeMessage));
    }
    return content;
  }

  /** Lines of the log about the import, without the time. */
  get imports(): string[] {
    return this.logged.filter((line) => line.includes('IMPORT')).map((line) => line.slice(line.search(/INFO|WARN/)));
  }

  async start(options: Partial<NsqdOptions> = {}): Promise<Daemon> {
    this.logged.length = 0;
    const fixed = { dataPath: this.path, tcpAddress: '127.0.0.1:0', httpAddress: '127.0.0.1:0' };
    return new Daemon(await Nsqd.start({ ...fixed, ...options }, { logger: this.logger }), this.logged);
  }
}

export async function withFolder<T>(test: (folder: Folder) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), 'nsqd-import-'));
  try {
    return await test(new Folder(path));
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** Runs a test against a daemon on this folder, and stops it. */
export async function running(folder: Folder, test: (daemon: Daemon) => Promise<void>, options?: Partial<NsqdOptions>): Promise<void> {
  const daemon = await folder.start(options);
  try {
    await test(daemon);
  } finally {
    await daemon.nsqd.stop();
    await daemon.destroyClients();
  }
}

/** Messages of a channel as a consumer gets them, and finishes them; attempts as they were before. */
export async function consume(daemon: Daemon, topic: string, channel: string, count: number): Promise<string[]> {
  const client = await (await daemon.client()).subscribe(topic, channel, 100);
  const messages: string[] = [];
  for (let i = 0; i < count; i++) {
    const message = await client.message();
    messages.push(describeMessage({ ...message, attempts: message.attempts - 1 }));
    client.send(`FIN ${message.id}\n`);
  }
  expect(await client.settled()).toEqual([]);
  await client.destroy();
  return messages;
}

/** Three messages in `t` for the channel `c`, one of them in flight, one more deferred; one message in `u`, which has no channel. */
export async function fillTwoTopics(folder: Folder): Promise<void> {
  await running(folder, async (daemon) => {
    const client = await daemon.client();
    client.send(encodeSub('t', 'c'));
    await client.ok();
    for (const body of ['one', 'two', 'three']) client.send(`PUB t\n\0\0\0${String.fromCharCode(body.length)}${body}`);
    client.send('DPUB t 60000\n\0\0\0\x05later', 'PUB u\n\0\0\0\x04none', 'DPUB u 60000\n\0\0\0\x05delay');
    await client.ok(6);
    client.send('RDY 1\n');
    await client.message();
  });
}
