import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { DiskMessage } from '../src/disk-message.js';
import { findQueue, type QueueFiles } from '../src/queue-files.js';
import type { QueueProblem } from '../src/queue-problem.js';
import { readQueue, type ReadQueueOptions } from '../src/read-queue.js';

export const CASES = path.join(__dirname, 'fixtures', 'diskqueue');
export const NSQD_DATA = path.join(__dirname, 'fixtures', 'nsqd-data');

/** A message as the manifests of the fixtures have it. */
export interface Listed {
  readonly id: string;
  readonly timestamp: string;
  readonly attempts: number;
  readonly body_base64: string;
}

export interface ReadResult {
  readonly messages: DiskMessage[];
  readonly problems: QueueProblem[];
}

export function temporaryFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'nsq-diskqueue-'));
}

export async function read(queue: QueueFiles, options: Partial<ReadQueueOptions> = {}): Promise<ReadResult> {
  const messages: DiskMessage[] = [];
  const problems: QueueProblem[] = [];
  for await (const chunk of readQueue(queue, { onProblem: (problem) => problems.push(problem), ...options })) {
    expect(chunk.length).toBeGreaterThan(0);
    messages.push(...chunk);
  }
  return { messages, problems };
}

export async function readNamed(folder: string, name: string, options: Partial<ReadQueueOptions> = {}): Promise<ReadResult> {
  return read(await findQueue(folder, name), options);
}

export function bodies(messages: readonly DiskMessage[]): string[] {
  return messages.map((message) => message.body.toString());
}

export function listed({ timestamp, attempts, id, body }: DiskMessage): Listed {
  return { id, timestamp: String(timestamp), attempts, body_base64: body.toString('base64') };
}

export function pick({ id, timestamp, attempts, body_base64 }: Listed): Listed {
  return { id, timestamp, attempts, body_base64 };
}

/** The content of every file whose name begins with `prefix`. */
export function contents(folder: string, prefix = ''): Record<string, string> {
  const names = fs.readdirSync(folder).filter((name) => name.startsWith(prefix) && fs.statSync(path.join(folder, name)).isFile());
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(folder, name), 'latin1')]));
}

/** The calls by which this library changes a folder. */
const STEPS = ['open', 'mkdir', 'rename', 'unlink'] as const;

/**
 * Lets `action` fail at the `step`-th change of the file system; with `isKilled` at every later one too, as if the process had died.
 * Returns whether it came to that step.
 */
export async function failAt(step: number, isKilled: boolean, action: () => Promise<unknown>): Promise<boolean> {
  let count = 0;
  const spies = STEPS.map((name) => {
    const original = fsPromises[name] as (...args: unknown[]) => Promise<unknown>;
    return jest.spyOn(fsPromises, name).mockImplementation((async (...args: unknown[]) => {
      count++;
      if (count === step || (isKilled && count > step)) throw new Error(`stopped at step ${step}`);
      return original(...args);
    }) as never);
  });
  try {
    await action();
  } catch (error) {
    if (count < step) throw error;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return count >= step;
}
