import fc from 'fast-check';
import { Batch } from '../queue/batch.js';
import { Message } from '../queue/message.js';
import { decodeRecord, encodeBatch, encodeDeferred, encodeMessage, RecordError } from './record.js';

const int = fc.integer();
const body = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

function packed(bodies: readonly Buffer[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((one) => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(one.length, 0);
      return [size, one];
    }),
  );
}

function bodiesOf(batch: Batch): Buffer[] {
  const bodies: Buffer[] = [];
  for (let i = 0, at = batch.at; i < batch.count; i++) {
    const end = batch.offsetAfter(at);
    bodies.push(batch.bytes.subarray(at + 4, end));
    at = end;
  }
  return bodies;
}

it('gives a batch back as it was', () => {
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 10 }), fc.nat({ max: 20 }), int, int, int, int, (bodies, offset, a, b, c, d) => {
      const bytes = Buffer.concat([Buffer.alloc(offset, '#'), packed(bodies), Buffer.alloc(3, '#')]);
      const batch = new Batch(7, bodies.length, bytes, offset, bytes.length - 3, 0, a, b, c, d);
      const again = decodeRecord(7, bodies.length, Buffer.concat(encodeBatch(batch)));
      if (!(again instanceof Batch)) throw new Error('it is no batch');
      expect([again.seq, again.count, again.gap, again.attempts]).toEqual([7, bodies.length, 0, 0]);
      expect([again.idHi, again.idLo, again.timestampHi, again.timestampLo]).toEqual([a, b, c, d]);
      expect(bodiesOf(again)).toEqual(bodies);
    }),
  );
});

it('gives a single message back with its attempts', () => {
  fc.assert(
    fc.property(body, fc.integer({ min: 0, max: 65_535 }), int, int, (one, attempts, idHi, idLo) => {
      const pieces = encodeMessage({ idHi, idLo, timestampHi: 1, timestampLo: 2 }, attempts, one);
      const again = decodeRecord(3, 1, Buffer.concat(pieces));
      if (!(again instanceof Batch)) throw new Error('it is no batch');
      expect([again.attempts, again.idHi, again.idLo, bodiesOf(again)]).toEqual([attempts, idHi, idLo, [one]]);
    }),
  );
});

const channels = fc.array(fc.stringMatching(/^[.a-zA-Z0-9_-]{1,64}$/), { maxLength: 6 });
const deferred = fc.record({
  one: body,
  channels,
  dueAt: fc.double({ min: 0, max: 1e15, noNaN: true }),
  carried: fc.boolean(),
  idHi: int,
  idLo: int,
});

function messageOf(one: Buffer, idHi: number, idLo: number): Message {
  const message = new Message();
  Object.assign(message, { idHi, idLo, timestampHi: 5, timestampLo: -6, bytes: packed([one]), at: 0, size: one.length });
  return message;
}

it('gives a deferred message back, with its channels and its time', () => {
  fc.assert(
    fc.property(deferred, ({ one, idHi, idLo, ...rest }) => {
      const again = decodeRecord(3, 0, Buffer.concat(encodeDeferred({ message: messageOf(one, idHi, idLo), ...rest })));
      if (again instanceof Batch) throw new Error('it is a batch');
      const { message } = again;
      expect([again.channels, again.dueAt, again.carried]).toEqual([rest.channels, rest.dueAt, rest.carried]);
      expect([message.idHi, message.idLo, message.timestampHi, message.timestampLo]).toEqual([idHi, idLo, 5, -6]);
      expect(message.bytes.subarray(message.at + 4, message.at + 4 + message.size)).toEqual(one);
    }),
  );
});

it('refuses a deferred message that is cut off, wherever', () => {
  fc.assert(
    fc.property(deferred, fc.nat(), ({ one, idHi, idLo, ...rest }, length) => {
      const bytes = Buffer.concat(encodeDeferred({ message: messageOf(one, idHi, idLo), ...rest }));
      expect(() => decodeRecord(3, 0, bytes.subarray(0, length % bytes.length))).toThrow(RecordError);
    }),
  );
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['less than a header', Buffer.alloc(19, 1)],
  ['a kind that there is not', Buffer.alloc(60, 9)],
])('refuses %s', (_what, bytes) => {
  expect(() => decodeRecord(0, 1, bytes)).toThrow(RecordError);
});
