import { crc32 } from 'node:zlib';
import type { LogLocation } from '@nsq/commit-log';
import type { Hole } from '../queue/holes.js';

/** A message below a channel's position that is not finished. */
export interface UnfinishedEntry {
  readonly idHi: number;
  readonly idLo: number;
  readonly attempts: number;
  /** Milliseconds of the Unix epoch until which it is deferred; 0 when it is not. For a message that waits in the topic, its delay. */
  readonly dueAt: number;
}

export interface ChannelCheckpoint {
  readonly name: string;
  /** Sequence number of the next message to be delivered for the first time. */
  readonly seq: number;
  readonly unfinished: readonly UnfinishedEntry[];
  /** Sequence numbers that this channel has no part in; absent for none. */
  readonly foreign?: readonly Hole[] | undefined;
}

/** Where a topic and its channels stood at one moment. */
export interface Checkpoint {
  readonly head: number;
  readonly dispatched: number;
  readonly holes: readonly Hole[];
  /** The end of the log at that moment: deferred messages behind it are not listed here. */
  readonly end: LogLocation;
  /** The first segment that holds an unfinished message of this checkpoint. */
  readonly scanFrom: number;
  /** Deferred messages that no channel has received. */
  readonly waiting: readonly UnfinishedEntry[];
  readonly channels: readonly ChannelCheckpoint[];
}

/** A checkpoint that cannot be trusted. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

const MAGIC = Buffer.from('NSQCHKP1');
const ENTRY_BYTES = 18;
const CRC_BYTES = 4;

/*
 *   magic | length of meta (u32) | meta (JSON) | entries of 18 bytes: those that wait, then channel by channel | CRC-32 of all before
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const { waiting, channels, ...rest } = checkpoint;
  const meta = Buffer.from(
    JSON.stringify({
      ...rest,
      waiting: waiting.length,
      channels: channels.map(({ name, seq, unfinished, foreign = [] }) => [
        name,
        seq,
        unfinished.length,
        ...(foreign.length > 0 ? [foreign] : []),
      ]),
    }),
  );
  const entries = [waiting, ...channels.map(({ unfinished }) => unfinished)];
  const count = entries.reduce((sum, list) => sum + list.length, 0);
  const bytes = Buffer.allocUnsafe(MAGIC.length + 4 + meta.length + count * ENTRY_BYTES + CRC_BYTES);
  let at = MAGIC.copy(bytes);
  at = bytes.writeUInt32BE(meta.length, at);
  at += meta.copy(bytes, at);
  for (const list of entries) {
    for (const { idHi, idLo, attempts, dueAt } of list) {
      bytes.writeInt32BE(idHi, at);
      bytes.writeInt32BE(idLo, at + 4);
      bytes.writeUInt16BE(attempts, at + 8);
      bytes.writeDoubleBE(dueAt, at + 10);
      at += ENTRY_BYTES;
    }
  }
  bytes.writeUInt32BE(crc32(bytes.subarray(0, at)), at);
  return bytes;
}

interface Meta extends Omit<Checkpoint, 'waiting' | 'channels'> {
  readonly waiting: number;
  readonly channels: readonly (readonly [name: string, seq: number, unfinished: number, foreign?: readonly Hole[]])[];
}

/** @throws {CheckpointError} when the bytes are not what was written */
export function decodeCheckpoint(bytes: Buffer): Checkpoint {
  const end = bytes.length - CRC_BYTES;
  if (end < MAGIC.length + 4 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new CheckpointError('it is not a checkpoint');
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) throw new CheckpointError('its checksum does not fit its content');
  const metaBytes = bytes.readUInt32BE(MAGIC.length);
  let at = MAGIC.length + 4;
  const { waiting, channels, ...rest } = JSON.parse(bytes.toString('utf8', at, at + metaBytes)) as Meta;
  at += metaBytes;
  const take = (count: number): UnfinishedEntry[] =>
    Array.from({ length: count }, () => {
      const entry = {
        idHi: bytes.readInt32BE(at),
        idLo: bytes.readInt32BE(at + 4),
        attempts: bytes.readUInt16BE(at + 8),
        dueAt: bytes.readDoubleBE(at + 10),
      };
      at += ENTRY_BYTES;
      return entry;
    });
  return {
    ...rest,
    waiting: take(waiting),
    channels: channels.map(([name, seq, count, foreign]) => ({
      name,
      seq,
      unfinished: take(count),
      ...(foreign !== undefined && { foreign }),
    })),
  };
}
