import fc from 'fast-check';
import { bytesOf, cut, int32 } from '../test/recording.js';
import { MpubWalker, maxMessageCount } from './mpub-body.js';

const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 });

it('counts at most what a body could hold', () => {
  expect(maxMessageCount(5_242_880)).toBe(1_048_575);
  expect(maxMessageCount(9)).toBe(1);
  expect(maxMessageCount(8)).toBe(0);
});

describe('MpubWalker', () => {
  it('stops right behind the last message, wherever the stream is cut, and can begin again', () => {
    const walker = new MpubWalker(20, 1000);
    fc.assert(
      fc.property(sizes, fc.array(fc.nat(), { maxLength: 12 }), (list, places) => {
        const body = Buffer.concat(list.map((size) => bytesOf(int32(size), 'x'.repeat(size))));
        const stream = bytesOf(body, 'NOP\n');
        walker.begin(list.length);
        let walked = 0;
        for (const chunk of cut(stream, places)) {
          const stop = walker.walk(chunk, 0);
          walked += stop;
          if (walker.done) break;
          expect(stop).toBe(chunk.length);
        }
        expect(walker.done).toBe(true);
        expect(walked).toBe(body.length);
      }),
    );
  });

  it.each([
    [int32(0), 'E_BAD_MESSAGE MPUB invalid message(0) body size 0'],
    [bytesOf(int32(1), 'a', int32(-5)), 'E_BAD_MESSAGE MPUB invalid message(1) body size -5'],
    [bytesOf(int32(1), 'a', int32(21)), 'E_BAD_MESSAGE MPUB message too big 21 > 20'],
    [bytesOf(int32(20), 'a'.repeat(20), int32(9)), 'E_BAD_BODY MPUB body too big 41 > 40'],
  ])('refuses %j', (bytes, data) => {
    for (let place = 0; place <= bytes.length; place++) {
      const walker = new MpubWalker(20, 40);
      walker.begin(3);
      expect(() => cut(bytes, [place]).forEach((chunk) => walker.walk(chunk, 0))).toThrow(data);
    }
  });

  it('takes exactly a body', () => {
    const walker = new MpubWalker(20, 40);
    walker.begin(2);
    walker.walk(bytesOf(int32(20), 'a'.repeat(20), int32(8), 'b'.repeat(8)), 0);
    expect(walker.done).toBe(true);
  });
});
