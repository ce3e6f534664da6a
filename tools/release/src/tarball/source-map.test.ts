import { missingSources } from './source-map.js';

const files = new Set(['src/a/b.ts']);

describe('a source map', () => {
  it('has its sources in the package', () => {
    expect(missingSources('dist/a/b.js.map', JSON.stringify({ sources: ['../../src/a/b.ts'] }), files)).toEqual([]);
    expect(missingSources('dist/b.js.map', JSON.stringify({ sourceRoot: '../src/', sources: ['a/b.ts', 'c.ts'] }), files)).toEqual([
      'c.ts',
    ]);
  });

  it('or in itself', () => {
    const map = { sources: ['../../elsewhere/x.ts', '../../elsewhere/y.ts'], sourcesContent: ['let x;', null] };
    expect(missingSources('bundle/a.js.map', JSON.stringify(map), files)).toEqual(['../../elsewhere/y.ts']);
  });
});
