import type { LogFileSystem } from '@nsq/commit-log';
import { formatMetadata, parseMetadata, type LoadedMetadata, type MetadataState } from '@nsq/metadata';
import { isValidName } from '@nsq/protocol';
import type { MetadataFile } from '../../src/topic-store.js';

const FOLDER = '/data';
const FILE = `${FOLDER}/nsqd.dat`;
const TEMPORARY = `${FILE}.tmp`;

/** `nsqd.dat` on a file system that is handed in: replaced at once, one write after the other. */
export class MetadataStandIn implements MetadataFile {
  readonly #fileSystem: LogFileSystem;
  #last: Promise<void> = Promise.resolve();

  constructor(fileSystem: LogFileSystem) {
    this.#fileSystem = fileSystem;
  }

  async load(): Promise<LoadedMetadata> {
    if (!(await this.#fileSystem.list(FOLDER)).includes('nsqd.dat')) return { topics: [], warnings: [] };
    const handle = await this.#fileSystem.open(FILE, 'readwrite');
    const bytes = Buffer.alloc(await handle.size());
    await handle.read(bytes, 0);
    await handle.close();
    return parseMetadata(bytes.toString(), FILE, isValidName);
  }

  persist(state: MetadataState): Promise<void> {
    const text = formatMetadata(state, '1.3.0');
    const written = this.#last.then(() => this.#replace(text));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #replace(text: string): Promise<void> {
    const fs = this.#fileSystem;
    const handle = await fs.open(TEMPORARY, 'create');
    try {
      await handle.write([Buffer.from(text)], 0);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await fs.rename(TEMPORARY, FILE);
    await fs.syncFolder(FOLDER);
  }
}
