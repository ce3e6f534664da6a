import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseCommand, UsageError } from '../command-line.js';
import { referencesOf } from './references.js';

const ROOT = path.resolve(__dirname, '../../../..');
const WORKFLOWS = path.join(ROOT, '.github/workflows');

describe('references of a workflow', () => {
  it('are scripts, files and patterns', () => {
    const workflow = `
      # npm run gone
      - run: .ci/run
      - run: npm run interop -- --all # npm test
      - run: tag=$(npm run --silent release -- tag); node tools/a.mjs; npm run release -- tag
      - with: { cache-dependency-path: '**/package-lock.json' }
      - key: x-\${{ hashFiles('tools/clients/**') }}`;
    expect(referencesOf(workflow)).toEqual({
      scripts: ['interop', 'release'],
      files: ['tools/a.mjs', '.ci/run'],
      patterns: ['tools/clients/**', '**/package-lock.json'],
      releaseCommands: ['tag'],
    });
  });
});

describe.each(readdirSync(WORKFLOWS))('%s', (name) => {
  const { scripts, files, patterns, releaseCommands } = referencesOf(readFileSync(path.join(WORKFLOWS, name), 'utf8'));

  it('runs what there is', () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly scripts: object };
    expect(scripts.filter((script) => !Object.hasOwn(manifest.scripts, script))).toEqual([]);
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
    for (const command of releaseCommands) expect(isCommand(command)).toBe(true);
  });

  it('looks at files that there are', () => {
    // The folder before the first star.
    const folders = patterns.map((pattern) => pattern.replace(/[^/]*\*.*$/, ''));
    expect(folders.filter((folder) => !existsSync(path.join(ROOT, folder)))).toEqual([]);
  });
});

function isCommand(name: string): boolean {
  try {
    parseCommand([name]);
    return true;
  } catch (error) {
    return error instanceof UsageError && !error.message.startsWith('no command');
  }
}
