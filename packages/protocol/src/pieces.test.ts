import fc from 'fast-check';
import { Pieces } from './pieces.js';

const sizes = fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 511, 512, 513, 2048, 4096, 5000), fc.nat(600)), { maxLength: 40 });

describe('Pieces', () => {
  it('joins what was added, in order', () => {
    fc.assert(
      fc.property(sizes, fc.nat(20), (list, last) => {
        let next = 0;
        const piece = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => next++ % 251));
        const all = list.map(piece);
        const tail = piece(last);
        const pieces = new Pieces();
        let bytes = 0;
        for (const one of all) {
          pieces.add(one);
          expect(pieces.bytes).toBe((bytes += one.length));
        }
        expect(pieces.complete(tail)).toEqual(Buffer.concat([...all, tail]));
        expect(pieces.bytes).toBe(0);
        expect(pieces.complete(tail)).toEqual(tail);
      }),
    );
  });

  it('never touches again what it has given away', () => {
    const pieces = new Pieces();
    const rounds = ['abc', 'xyz'].map((text) => {
      for (const char of text) pieces.add(Buffer.from(char));
      return pieces.complete(Buffer.alloc(0));
    });
    expect(rounds.map(String)).toEqual(['abc', 'xyz']);
  });

  it('forgets', () => {
    const pieces = new Pieces();
    for (const text of ['a', 'b', 'c'.repeat(600), 'd']) pieces.add(Buffer.from(text));
    pieces.clear();
    expect(pieces.complete(Buffer.from('e')).toString()).toBe('e');
  });
});
