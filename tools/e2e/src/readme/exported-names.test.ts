import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exportedNames } from './exported-names.js';

const folder = mkdtempSync(path.join(tmpdir(), 'nsq-exports-'));
const file = path.join(folder, 'index.ts');
afterAll(() => rmSync(folder, { recursive: true }));

describe('the names of an index.ts', () => {
  it('are values and types', async () => {
    writeFileSync(
      file,
      `/** A comment, with export { no } from './x.js'; */
export { a, type B, c as d } from './a.js';
export type { E, F } from './e.js';
`,
    );
    await expect(exportedNames(file)).resolves.toEqual({ values: ['a', 'd'], types: ['B', 'E', 'F'] });
  });

  it.each(["export * from './a.js';", "export * as a from './a.js';", 'export const a = 1;', "import './a.js';"])(
    'are all that there is: %j is refused',
    async (source) => {
      writeFileSync(file, source);
      await expect(exportedNames(file)).rejects.toThrow('more than named exports');
    },
  );
});
