import fc from 'fast-check';
import { IdSet } from './import-ids.js';

describe('IdSet', () => {
  it('takes each id once', () => {
    const word = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { maxLength: 200 }), (ids) => {
        const set = new IdSet();
        const known = new Set<string>();
        for (const [hi, lo] of ids) {
          expect(set.add(hi, lo)).toBe(!known.has(`${hi}/${lo}`));
          known.add(`${hi}/${lo}`);
        }
      }),
    );
  });

  it('knows ids again after it has grown', () => {
    const set = new IdSet();
    for (let lo = 0; lo < 20_000; lo++) expect(set.add(lo >> 4, lo)).toBe(true);
    for (let lo = 0; lo < 20_000; lo++) expect(set.add(lo >> 4, lo)).toBe(false);
  });
});
