import type { Fixture, RecvStep, SendStep, Volatile } from './fixture.js';

const SIZE_BYTES = 4;
const TYPE_BYTES = 4;
const FRAME_TYPES = ['response', 'error', 'message'];
const ID = /^[0-9a-f]{16}$/;
const NS_PER_MS = 1_000_000n;
const CLOCK_MS = 60_000;

/** An id of this run, with its message's timestamp. */
export interface BoundId {
  readonly id: string;
  readonly timestamp?: bigint;
}

/** Message ids met so far, by the fixture's names for them. */
export type Bindings = Map<string, BoundId>;

/** The bytes of a `send` step, with the ids of this run in place of the recorded ones. */
export function bytesToSend(step: SendStep, bindings: Bindings): Buffer {
  const bytes = Buffer.from(step.send, 'base64');
  for (const { name, offset, length } of step.vars ?? []) {
    const bound = bindings.get(name);
    if (bound?.id.length !== length) throw new Error(`no id of ${length} bytes is bound to ${name}`);
    bytes.write(bound.id, offset, 'latin1');
  }
  return bytes;
}

/**
 * Compares one whole reply with the recorded one and binds the ids in it that are new.
 * @returns what is different, or null.
 */
export function difference(step: RecvStep, actual: Buffer, bindings: Bindings, server: Fixture['server'] = 'nsqd'): string | null {
  const expected = Buffer.from(step.recv, 'base64');
  if (step.volatile_json !== undefined) return jsonDifference(step.volatile_json, expected, actual, server);

  const masked = (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    for (const { offset, length } of step.volatile ?? []) copy.fill('*', offset, offset + length);
    return copy;
  };
  if (!masked(expected).equals(masked(actual))) return `expected ${show(masked(expected))}\n     got ${show(masked(actual))}`;
  return volatileProblem(step.volatile ?? [], actual, bindings);
}

function volatileProblem(volatile: readonly Volatile[], actual: Buffer, bindings: Bindings): string | null {
  const stamp = volatile.find(({ what }) => what === 'timestamp');
  const timestamp = stamp === undefined ? undefined : actual.readBigInt64BE(stamp.offset);
  if (timestamp !== undefined && Math.abs(Date.now() - Number(timestamp / NS_PER_MS)) > CLOCK_MS) {
    return `timestamp ${timestamp} is not a recent time in nanoseconds`;
  }
  for (const { what, offset, length, name } of volatile) {
    if (name === undefined) continue;
    const id = actual.toString('latin1', offset, offset + length);
    if (!ID.test(id)) return `${what} ${JSON.stringify(id)} is not 16 lower-case hex digits`;
    const bound = bindings.get(name);
    if (bound === undefined) {
      if ([...bindings.values()].some((other) => other.id === id)) return `${what} ${id} of ${name} is another message's`;
      bindings.set(name, timestamp === undefined ? { id } : { id, timestamp });
    } else if (bound.id !== id) {
      return `${what} of ${name} was ${bound.id}, now ${id}`;
    } else if (timestamp !== undefined && bound.timestamp !== timestamp) {
      return `timestamp of ${name} was ${String(bound.timestamp)}, now ${timestamp}`;
    }
  }
  return null;
}

function jsonDifference(ignored: readonly string[], expected: Buffer, actual: Buffer, server: Fixture['server']): string | null {
  const start = SIZE_BYTES + (server === 'nsqd' ? TYPE_BYTES : 0);
  if (!expected.subarray(SIZE_BYTES, start).equals(actual.subarray(SIZE_BYTES, start))) return `wrong type of frame: ${show(actual)}`;
  const keep = (bytes: Buffer) => {
    const object = JSON.parse(bytes.toString('utf8', start)) as Record<string, unknown>;
    return JSON.stringify(Object.entries(object).map(([key, value]) => [key, ignored.includes(key) ? '*' : value]));
  };
  let got: string;
  try {
    got = keep(actual);
  } catch {
    return `not JSON: ${show(actual)}`;
  }
  return keep(expected) === got ? null : `expected ${keep(expected)}\n     got ${got}`;
}

/** A reply for people: its size, its type, its bytes as text with escapes. */
export function show(bytes: Buffer): string {
  const text = JSON.stringify(bytes.toString('latin1', SIZE_BYTES + TYPE_BYTES));
  if (bytes.length < SIZE_BYTES + TYPE_BYTES) return `${bytes.length} bytes ${bytes.toString('hex')}`;
  const type = bytes.readInt32BE(SIZE_BYTES);
  return `size ${bytes.readInt32BE(0)} ${FRAME_TYPES[type] ?? `type ${type}`} ${text}`;
}
