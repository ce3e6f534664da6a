import { namedExports } from './named-exports.js';

describe('the names of an index.ts', () => {
  it('are values and types', () => {
    const source = `/** A comment, with export { no } from './x.js'; */
export { a, type B, c as d } from './a.js';
export type { E, F } from './e.js';
export {
  g,
  h,
} from './g.js';
`;
    expect(namedExports(source)).toEqual({ values: ['a', 'd', 'g', 'h'], types: ['B', 'E', 'F'] });
  });

  it.each(["export * from './a.js';\n", 'export const a = 1;\n', "export { 'a' } from './a.js';\n", "import './a.js';\n"])(
    'are all that there is: %j is refused',
    (source) => {
      expect(() => namedExports(source)).toThrow(/more than named exports|not a named export/);
    },
  );
});
