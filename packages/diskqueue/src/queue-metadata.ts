import { open } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf, systemError } from './diskqueue-error.js';
import type { QueueFiles } from './queue-files.js';

/** The five numbers of a metadata file. */
export interface QueueMetadata {
  /** Messages written and not handed over, as the writer believed; after a crash it is wrong, and may be negative. */
  readonly depth: number;
  /** Number of the data file, and offset in it, of the first message not handed over. */
  readonly readFile: number;
  readonly readPos: number;
  /** Number of the data file, and offset in it, where the next message goes. */
  readonly writeFile: number;
  readonly writePos: number;
}

export type LoadedQueueMetadata =
  | { readonly state: 'ok'; readonly value: QueueMetadata }
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable'; readonly text: string };

// What the reference's scanner takes: blanks before a number, a sign, CR LF, no final newline, anything behind the last line.
const NUMBER = '[ \\t]*([+-]?\\d+)';
const LINE_END = '[ \\t]*\\r?\\n';
const FORM = new RegExp(`^${NUMBER}${LINE_END}${NUMBER},${NUMBER}${LINE_END}${NUMBER},${NUMBER}(?:${LINE_END}|[ \\t]*$)`);
/** Five 64-bit numbers and their separators are 105 bytes. */
const MAX_BYTES = 512;

/** `<depth>\n<readFile>,<readPos>\n<writeFile>,<writePos>\n` */
export function formatQueueMetadata({ depth, readFile, readPos, writeFile, writePos }: QueueMetadata): string {
  return `${depth}\n${readFile},${readPos}\n${writeFile},${writePos}\n`;
}

/**
 * Reads what the reference reads. `undefined` for a text that is empty, cut short, not of that form, or with a number that cannot be:
 * a negative file or position (a negative depth is possible), or one above 2^53 - 1.
 */
export function parseQueueMetadata(text: string): QueueMetadata | undefined {
  const numbers = FORM.exec(text)?.slice(1).map(Number);
  if (numbers === undefined || !numbers.every(Number.isSafeInteger)) return undefined;
  const [depth = 0, readFile = 0, readPos = 0, writeFile = 0, writePos = 0] = numbers;
  if (readFile < 0 || readPos < 0 || writeFile < 0 || writePos < 0) return undefined;
  return { depth, readFile, readPos, writeFile, writePos };
}

/** @throws {DiskqueueError} `E_READ` when the file is there but the operating system does not let it be read */
export async function loadQueueMetadata(queue: QueueFiles): Promise<LoadedQueueMetadata> {
  if (queue.metadataFile === undefined) return { state: 'missing' };
  const file = path.join(queue.folder, queue.metadataFile);
  let text: string;
  try {
    text = await readStart(file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { state: 'missing' };
    throw systemError('E_READ', file, error);
  }
  const value = parseQueueMetadata(text);
  return value === undefined ? { state: 'unreadable', text } : { state: 'ok', value };
}

async function readStart(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
