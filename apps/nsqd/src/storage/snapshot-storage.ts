import { open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Batch } from '../queue/batch.js';
import type { Storage, StoredChannel, StoredMessage, StoredTopic } from '../queue/storage.js';
import { SnapshotReader, SnapshotWriter } from './snapshot-file.js';

const MAGIC = Buffer.from('NSQSNAP1');
const BATCH_HEADER_BYTES = 24;
const MESSAGE_HEADER_BYTES = 30;

/**
 * Storage that writes a topic whole, when the daemon stops, and reads it whole, when it starts: `<topic>.snapshot` in the data folder.
 *
 *   magic | meta (JSON) | batches | unfinished messages of each channel | deferred messages | CRC-32 of all before
 */
export class SnapshotStorage implements Storage {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async load(topic: string): Promise<StoredTopic | undefined> {
    const file = this.#file(topic);
    let content: Buffer;
    try {
      content = await readFile(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    return decode(new SnapshotReader(file, content, MAGIC));
  }

  async save(topic: string, content: StoredTopic): Promise<void> {
    const file = this.#file(topic);
    const temporary = `${file}.tmp`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      await encode(new SnapshotWriter(handle), content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    const folder = await open(this.#folder || '.', 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async remove(topic: string): Promise<void> {
    await unlink(this.#file(topic)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
  }

  #file(topic: string): string {
    return path.join(this.#folder, `${topic}.snapshot`);
  }
}

interface Meta {
  dispatched: number;
  batches: number;
  deferred: number;
  channels: { name: string; position: number; unfinished: number }[];
}

async function encode(writer: SnapshotWriter, content: StoredTopic): Promise<void> {
  const meta: Meta = {
    dispatched: content.dispatched,
    batches: content.batches.length,
    deferred: content.deferred.length,
    channels: content.channels.map(({ name, position, unfinished }) => ({ name, position, unfinished: unfinished.length })),
  };
  await writer.write(MAGIC);
  await writer.writeSized(Buffer.from(JSON.stringify(meta)));
  for (const batch of content.batches) await writeBatch(writer, batch);
  for (const channel of content.channels) for (const message of channel.unfinished) await writeMessage(writer, message);
  for (const message of content.deferred) await writeMessage(writer, message);
  await writer.end();
}

async function writeBatch(writer: SnapshotWriter, batch: Batch): Promise<void> {
  const header = Buffer.allocUnsafe(BATCH_HEADER_BYTES);
  header.writeUInt32BE(batch.count, 0);
  header.writeInt32BE(batch.idHi, 4);
  header.writeInt32BE(batch.idLo, 8);
  header.writeInt32BE(batch.timestampHi, 12);
  header.writeInt32BE(batch.timestampLo, 16);
  header.writeUInt32BE(batch.packedBytes, 20);
  await writer.write(header);
  if (batch.gap > 0) batch.moveTo(Buffer.allocUnsafeSlow(batch.packedBytes), 0);
  await writer.write(batch.bytes.subarray(batch.at, batch.end));
}

async function writeMessage(writer: SnapshotWriter, message: StoredMessage): Promise<void> {
  const header = Buffer.allocUnsafe(MESSAGE_HEADER_BYTES);
  header.writeInt32BE(message.idHi, 0);
  header.writeInt32BE(message.idLo, 4);
  header.writeInt32BE(message.timestampHi, 8);
  header.writeInt32BE(message.timestampLo, 12);
  header.writeUInt16BE(message.attempts, 16);
  header.writeDoubleBE(message.dueAt, 18);
  header.writeUInt32BE(message.body.length, 26);
  await writer.write(header);
  await writer.write(message.body);
}

function decode(reader: SnapshotReader): StoredTopic {
  const meta = JSON.parse(reader.sized().toString()) as Meta;
  const batches: Batch[] = [];
  let seq = 0;
  for (let i = 0; i < meta.batches; i++) {
    const batch = readBatch(reader, seq);
    batches.push(batch);
    seq += batch.count;
  }
  const channels: StoredChannel[] = meta.channels.map(({ name, position, unfinished }) => ({
    name,
    position,
    unfinished: readMessages(reader, unfinished),
  }));
  return { batches, dispatched: meta.dispatched, channels, deferred: readMessages(reader, meta.deferred) };
}

function readBatch(reader: SnapshotReader, seq: number): Batch {
  const header = reader.take(BATCH_HEADER_BYTES);
  const count = header.readUInt32BE(0);
  const bytes = reader.take(header.readUInt32BE(20));
  const int = (at: number): number => header.readInt32BE(at);
  return new Batch(seq, count, bytes, 0, bytes.length, 0, int(4), int(8), int(12), int(16));
}

function readMessages(reader: SnapshotReader, count: number): StoredMessage[] {
  return Array.from({ length: count }, () => {
    const header = reader.take(MESSAGE_HEADER_BYTES);
    return {
      idHi: header.readInt32BE(0),
      idLo: header.readInt32BE(4),
      timestampHi: header.readInt32BE(8),
      timestampLo: header.readInt32BE(12),
      attempts: header.readUInt16BE(16),
      dueAt: header.readDoubleBE(18),
      body: reader.take(header.readUInt32BE(26)),
    };
  });
}
