import fc from 'fast-check';
import { Lines } from './lines.js';

function linesOf(chunks: readonly string[]): string[] {
  const all: string[] = [];
  const lines = new Lines((line) => all.push(line));
  for (const chunk of chunks) lines.push(chunk);
  lines.end();
  return all;
}

describe('Lines', () => {
  it('gives the same lines however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'bc', '\n', 'd\ne', '')), (chunks) => {
        const text = chunks.join('');
        const whole = text.endsWith('\n') ? text.slice(0, -1) : text;
        expect(linesOf(chunks)).toEqual(text === '' ? [] : whole.split('\n'));
      }),
    );
  });

  it('cuts a line that does not end', () => {
    const piece = 'x'.repeat(50_000);
    expect(linesOf([piece, piece, 'y\n'])).toEqual([piece + piece, 'y']);
  });
});
