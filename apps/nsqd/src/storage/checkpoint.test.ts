import fc from 'fast-check';
import { CheckpointError, decodeCheckpoint, encodeCheckpoint, type Checkpoint, type UnfinishedEntry } from './checkpoint.js';

const sequence = fc.maxSafeNat();
const entry: fc.Arbitrary<UnfinishedEntry> = fc.record({
  idHi: fc.integer(),
  idLo: fc.integer(),
  attempts: fc.integer({ min: 0, max: 65_535 }),
  dueAt: fc.double({ min: 0, max: 1e15, noNaN: true }),
});
const hole = fc.record({ from: sequence, to: sequence });
const location = fc.record({ segment: sequence, offset: sequence });
const checkpoint: fc.Arbitrary<Checkpoint> = fc.record({
  head: sequence,
  dispatched: sequence,
  holes: fc.array(hole, { maxLength: 4 }),
  end: location,
  scanFrom: sequence,
  waiting: fc.array(entry, { maxLength: 10 }),
  channels: fc.array(fc.record({ name: fc.string({ maxLength: 64 }), seq: sequence, unfinished: fc.array(entry, { maxLength: 10 }) }), {
    maxLength: 5,
  }),
});

it('gives back what was written', () => {
  fc.assert(fc.property(checkpoint, (one) => expect(decodeCheckpoint(encodeCheckpoint(one))).toEqual(one)));
});

it('keeps which messages are not for a channel', () => {
  const one: Checkpoint = {
    head: 9,
    dispatched: 9,
    holes: [],
    end: { segment: 1, offset: 64 },
    scanFrom: 1,
    waiting: [],
    channels: [
      { name: 'a', seq: 0, unfinished: [], foreign: [{ from: 2, to: 5 }] },
      { name: 'b', seq: 3, unfinished: [] },
    ],
  };
  expect(decodeCheckpoint(encodeCheckpoint(one))).toEqual(one);
});

it('refuses it when a single byte has changed, or some are missing', () => {
  fc.assert(
    fc.property(checkpoint, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(), (one, at, change, length) => {
      const bytes = encodeCheckpoint(one);
      const changed = Buffer.from(bytes);
      const place = at % bytes.length;
      changed[place] = (changed[place] ?? 0) ^ change;
      expect(() => decodeCheckpoint(changed)).toThrow(CheckpointError);
      expect(() => decodeCheckpoint(bytes.subarray(0, length % bytes.length))).toThrow(CheckpointError);
    }),
  );
});

it('refuses every changed byte of one', () => {
  const bytes = encodeCheckpoint({
    head: 5,
    dispatched: 4,
    holes: [{ from: 1, to: 2 }],
    end: { segment: 2, offset: 99 },
    scanFrom: 1,
    waiting: [{ idHi: 1, idLo: 2, attempts: 0, dueAt: 500 }],
    channels: [{ name: 'c', seq: 3, unfinished: [{ idHi: -1, idLo: -2, attempts: 3, dueAt: 0 }] }],
  });
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    expect(() => decodeCheckpoint(changed)).toThrow(CheckpointError);
  }
});

it('refuses what never was one', () => {
  expect(() => decodeCheckpoint(Buffer.alloc(0))).toThrow(new CheckpointError('it is not a checkpoint'));
  expect(() => decodeCheckpoint(Buffer.alloc(100))).toThrow('it is not a checkpoint');
});
