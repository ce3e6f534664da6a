import { MAX_IDS_AT_ONCE } from '@nsq/protocol';
import { Batch } from './batch.js';
import type { Engine } from './engine.js';
import type { Message } from './message.js';

/**
 * Gives the first `taken` of `count` messages, which lie in `bytes` from `at` to `end` (see Batch for the layout), their ids, the time of this tick
 * and sequence numbers from `seq` on. One batch, but for enormous ones, whose ids take several.
 */
export function newBatches(
  engine: Engine,
  seq: number,
  bytes: Buffer,
  at: number,
  end: number,
  count: number,
  taken: number,
  gap: number,
): Batch[] {
  if (taken === count && count <= MAX_IDS_AT_ONCE) return [newBatch(engine, seq, count, bytes, at, end, gap)];
  const batches: Batch[] = [];
  let from = at;
  for (let passed = 0; passed < taken;) {
    const part = Math.min(taken - passed, MAX_IDS_AT_ONCE);
    let next = from;
    for (let i = 0; i < part; i++) next += 4 + bytes.readInt32BE(next) + gap;
    batches.push(newBatch(engine, seq + passed, part, bytes, from, next - gap, gap));
    from = next;
    passed += part;
  }
  return batches;
}

function newBatch(engine: Engine, seq: number, count: number, bytes: Buffer, at: number, end: number, gap: number): Batch {
  engine.ids.take(count);
  engine.stamp();
  return new Batch(seq, count, bytes, at, end, gap, engine.ids.hi, engine.ids.lo, engine.timestampHi, engine.timestampLo);
}

/** A message by itself, with an id and the time of this tick. It keeps no more of `bytes` in memory than it needs. */
export function newMessage(engine: Engine, bytes: Buffer, at: number, size: number): Message {
  engine.ids.take(1);
  engine.stamp();
  const message = engine.pool.take();
  message.idHi = engine.ids.hi;
  message.idLo = engine.ids.lo;
  message.timestampHi = engine.timestampHi;
  message.timestampLo = engine.timestampLo;
  message.attempts = 0;
  message.bytes = bytes;
  message.at = at;
  message.size = size;
  message.detach();
  return message;
}
