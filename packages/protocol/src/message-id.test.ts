import fc from 'fast-check';
import {
  MAX_IDS_AT_ONCE,
  MAX_NODE_ID,
  MESSAGE_ID_LENGTH,
  MessageIdSource,
  formatMessageId,
  parseHexWord,
  writeMessageId,
} from './message-id.js';

const START = Date.UTC(2026, 0, 1);
const counts = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: MAX_IDS_AT_ONCE })), {
  minLength: 1,
  maxLength: 30,
});

const value = (hi: number, lo: number): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

/** First and last id of each batch. */
function takeAll(source: MessageIdSource, list: readonly number[], between: () => void = () => undefined): [bigint, bigint][] {
  return list.map((count) => {
    source.take(count);
    between();
    return [value(source.hi, source.lo), value(source.hi, source.lo + count - 1)];
  });
}

function expectIncreasing(batches: readonly [bigint, bigint][]): void {
  for (let i = 1; i < batches.length; i++) expect((batches[i]?.[0] ?? 0n) > (batches[i - 1]?.[1] ?? 0n)).toBe(true);
}

describe('MessageIdSource', () => {
  it.each([
    ['stands still', () => 0],
    ['goes on', (now: number) => now + 7],
    ['goes backwards', (now: number) => now - 1000],
    ['jumps ahead', (now: number) => now + 3_600_000],
  ])('gives increasing ids, consecutive and of one block in each batch, while the clock %s', (_, step) => {
    fc.assert(
      fc.property(fc.nat(MAX_NODE_ID), counts, (node, list) => {
        let now = START;
        const batches = takeAll(new MessageIdSource(node, () => now), list, () => (now = step(now)));
        expectIncreasing(batches);
        batches.forEach(([first, last], i) => {
          expect(last - first).toBe(BigInt((list[i] ?? 0) - 1));
          expect(first >> 20n).toBe(last >> 20n);
          expect(first >> 54n).toBe(BigInt(node));
        });
      }),
    );
  });

  it('uses a block to its last id', () => {
    const source = new MessageIdSource(1, () => START);
    source.take(MAX_IDS_AT_ONCE - 1);
    const first = value(source.hi, source.lo);
    source.take(1);
    expect(value(source.hi, source.lo)).toBe(first + BigInt(MAX_IDS_AT_ONCE - 1));
    source.take(1);
    expect(value(source.hi, source.lo)).toBe(first + BigInt(MAX_IDS_AT_ONCE));
  });

  it('gives no id twice when sources of one node take turns in one process', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: MAX_IDS_AT_ONCE })), { maxLength: 30 }), (turns) => {
        const sources = [0, 1, 2].map(() => new MessageIdSource(7, () => START));
        const batches = turns.flatMap(([which, count]) => takeAll(sources[which] ?? new MessageIdSource(7, () => START), [count]));
        expectIncreasing(batches.sort(([a], [b]) => (a < b ? -1 : 1)));
      }),
    );
  });

  it('gives later ids to a source that is made later', () => {
    let now = START + 3_600_000_000;
    const [first] = takeAll(new MessageIdSource(9, () => now), [5]);
    now += 63; // more than a block
    const [second] = takeAll(new MessageIdSource(9, () => now), [5]);
    expect((second?.[0] ?? 0n) > (first?.[1] ?? 0n)).toBe(true);
  });

  it('puts a clock before its epoch at the beginning, and wraps one behind its end', () => {
    for (const [node, now] of [
      [11, 0],
      [12, Date.UTC(2100, 0, 1)],
    ] as const) {
      const batches = takeAll(new MessageIdSource(node, () => now), [1, MAX_IDS_AT_ONCE, 1]);
      expectIncreasing(batches);
      for (const [first] of batches) expect(first >> 54n).toBe(BigInt(node));
    }
  });

  it.each([0, -1, Number.NaN, MAX_IDS_AT_ONCE + 1])('refuses to reserve %d ids, and gives none away by it', (count) => {
    const source = new MessageIdSource(3, () => START);
    source.take(10);
    const last = value(source.hi, source.lo) + 9n;
    expect(() => source.take(count)).toThrow(RangeError);
    source.take(1);
    expect(value(source.hi, source.lo) > last).toBe(true);
  });

  it.each([-1, 1.5, Number.NaN, MAX_NODE_ID + 1])('refuses the node id %d', (node) => {
    expect(() => new MessageIdSource(node, () => START)).toThrow(RangeError);
  });
});

describe('the text of an id', () => {
  it('is what formatMessageId and writeMessageId both make, and reads back', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.nat(5), (hi, lo, at) => {
        const bytes = Buffer.alloc(at + MESSAGE_ID_LENGTH);
        writeMessageId(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at, hi, lo);
        expect(bytes.toString('latin1', at)).toBe(formatMessageId(hi, lo));
        expect([parseHexWord(bytes, at), parseHexWord(bytes, at + 8)]).toEqual([hi, lo]);
      }),
    );
  });

  it('is lower-case hex and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(7), (byte, at) => {
        const bytes = Buffer.from('01234567');
        bytes[at] = byte;
        const text = bytes.toString('latin1');
        expect(parseHexWord(bytes, 0)).toBe(/^[0-9a-f]{8}$/.test(text) ? Number.parseInt(text, 16) | 0 : Number.NaN);
      }),
    );
  });

  it('has to be there', () => {
    expect(parseHexWord(Buffer.from('0123456'), 0)).toBeNaN();
  });
});
