import { contextFilter } from './dockerignore.js';

const sent = contextFilter('# outputs\n**/dist\n*.md\n/docs/\n**/*.test.ts\ntools/*/src\n!docs/keep\n');

it.each(['src/main.ts', 'a/README.md', 'docs/keep', 'docs/keep/a', 'tools/a/b/src/x', 'distant'])('sends %s', (file) => {
  expect(sent(file)).toBe(true);
});

it.each(['dist/a', 'a/b/dist', 'a/dist/b/c', 'README.md', 'docs/a/b', 'a.test.ts', 'a/b.test.ts', 'tools/a/src/x'])(
  'leaves %s out',
  (file) => {
    expect(sent(file)).toBe(false);
  },
);
