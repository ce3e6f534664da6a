import { connect } from 'node:net';
import type { NsqdHttpClient, NsqlookupdHttpClient } from '@nsq/client';
import { explain } from '../failure.js';
import { fail, ok, warn, type Check } from './check.js';

/** Difference of clocks that is told: message timestamps and tombstones of several machines no longer agree. Milliseconds. */
const MAX_SKEW_MS = 5_000;
const TIMEOUT_MS = 5_000;

export interface Examined {
  readonly checks: readonly Check[];
  /** Null when it did not answer. */
  readonly version: string | null;
}

/** Whether a daemon answers, is healthy, and has the right time. */
export async function examine(kind: 'nsqd' | 'nsqlookupd', client: NsqdHttpClient | NsqlookupdHttpClient, url: string): Promise<Examined> {
  const subject = `${kind} ${client.address}`;
  try {
    await client.ping();
  } catch (error) {
    return { checks: [fail(subject, explain(error))], version: null };
  }
  try {
    const { version } = await client.info();
    return { checks: [ok(subject, `healthy, version ${version}`), ...(await clock(subject, url))], version };
  } catch (error) {
    return { checks: [fail(subject, `healthy, but /info fails: ${explain(error)}`)], version: null };
  }
}

/** Compares clocks by the header of an answer, which has whole seconds. */
async function clock(subject: string, url: string): Promise<Check[]> {
  const from = Date.now();
  let there: number;
  try {
    const response = await fetch(new URL('/ping', url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    there = Date.parse(response.headers.get('date') ?? '');
    await response.arrayBuffer();
  } catch {
    return []; // a unix socket, or a certificate of its own
  }
  const skew = skewOf(there, from, Date.now());
  if (skew === null) return [];
  const seconds = Math.round(skew / 1000);
  if (Math.abs(skew) <= MAX_SKEW_MS) return [ok(subject, 'its clock agrees with this one')];
  return [warn(subject, `its clock is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'} of this one; set the clocks by NTP`)];
}

/**
 * How far a clock is ahead that showed a whole second somewhere between two moments of this one. 0 where it may agree.
 * @returns milliseconds; null when it is not known
 */
export function skewOf(there: number, from: number, to: number): number | null {
  if (Number.isNaN(there)) return null;
  if (there > to) return there - to;
  if (there + 1000 < from) return there + 1000 - from;
  return 0;
}

/** Whether something takes connections there. */
export async function reachable(host: string, port: number): Promise<string | null> {
  const socket = connect({ host, port });
  socket.setTimeout(TIMEOUT_MS);
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(null));
      socket.once('timeout', () => resolve('no answer'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  } finally {
    socket.destroy();
  }
}
