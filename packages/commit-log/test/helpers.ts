import {
  CommitLog,
  RECORD_HEADER_BYTES,
  type CommitLogOptions,
  type Damage,
  type LogReader,
  type LogRecord,
  type Recovery,
} from '../src/index.js';
import { SimulatedFileSystem } from '../src/testing/index.js';

export const FOLDER = '/data/topic';

export interface Opened {
  readonly log: CommitLog;
  readonly recovery: Recovery;
  readonly fs: SimulatedFileSystem;
  readonly damage: Damage[];
}

export async function opened(
  fs = new SimulatedFileSystem({ folders: ['/data'] }),
  options: Partial<CommitLogOptions> = {},
): Promise<Opened> {
  const damage: Damage[] = [];
  const { log, recovery } = await CommitLog.open({
    folder: FOLDER,
    fileSystem: fs,
    segmentBytes: 10_000,
    onDamage: (each) => damage.push(each),
    ...options,
  });
  return { log, recovery, fs, damage };
}

export const segmentPath = (number: number): string => `${FOLDER}/${String(number).padStart(12, '0')}.log`;

/** Appends payloads, one sequence number each, and waits for all. */
export async function appendAll(log: CommitLog, payloads: readonly string[], until: 'written' | 'synced' = 'written'): Promise<void> {
  await Promise.all(payloads.map((payload) => log.appended(1, [Buffer.from(payload)], until)));
}

/** What a reader hands out up to the end of what is written. */
export async function drain(reader: LogReader, maxBytes?: number): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (let records = await reader.next(maxBytes); records !== null; records = await reader.next(maxBytes)) all.push(...records);
  return all;
}

export const texts = (records: readonly LogRecord[]): string[] => records.map((record) => record.payload.toString());

export async function readAll(log: CommitLog): Promise<string[]> {
  return texts(await drain(log.read(log.firstSequence)));
}

export const recordBytes = (payload: string): number => RECORD_HEADER_BYTES + payload.length;

export const numbered = (count: number, prefix = 'r'): string[] => Array.from({ length: count }, (_, i) => `${prefix}${String(i)}`);
