import { differences } from './differences.js';
import { readmeExamples } from './readme-examples.js';
import { replaced, runExample } from './run-example.js';
import { typeErrors } from './type-check.js';

const cwd = process.cwd();

async function found(code: string, options: { timeoutMs?: number; replace?: Map<string, string> } = {}): Promise<string[]> {
  const [example] = readmeExamples(`\`\`\`js\n${code}\n\`\`\``);
  if (example === undefined) throw new Error('no example');
  return differences(example, await runExample(example, { cwd, ...options }));
}

it.each([
  ['what is announced', "console.log('a'); console.error('b'); // Prints: a\n// Prints to stderr: b"],
  [
    'what a signal ends',
    "process.once('SIGINT', () => clearInterval(timer)); const timer = setInterval(() => 0, 1e6); console.log(1); // Prints: 1",
  ],
])('takes %s', async (_, code) => {
  expect(await found(code)).toEqual([]);
});

it.each([
  ['a program that announces nothing', '1;', /announces nothing/],
  ['an exit code', 'console.log(1); process.exitCode = 3; // Prints: 1', /^ends with 3$/],
  ['other output', "console.log('b'); // Prints: a", /^stdout should be\n {4}a\nand is\n {4}b$/],
  ['more output', 'console.log(1); console.log(2); // Prints: 1', /^stdout should be/],
  ['output on standard error', "console.log(1); console.error('careful'); // Prints: 1", /^stderr should be/],
])('finds %s', async (_, code, text) => {
  const texts = await found(code);
  expect(texts).toHaveLength(1);
  expect(texts[0]).toMatch(text);
});

it('kills a program that does not end', async () => {
  expect(await found('console.log(1); setInterval(() => 0, 1e6); // Prints: 1', { timeoutMs: 2_000 })).toEqual(['does not end']);
});

it('puts ports in the place of others, and shows them as they were', async () => {
  const replace = new Map([['4150', '50123']]);
  expect(await found('console.log(4150 === 50_123, 4150); // Prints: true 4150', { replace })).toEqual([]);
  expect(replaced('14150 4150', replace)).toBe('14150 50123');
});

it('finds what strict types refuse, with the line of the README', async () => {
  const examples = readmeExamples(
    '# Title\n\n```js\nconst all = [1];\nconsole.log(all[0].toFixed());\n```\n\n```ts\nexport const one: string = 1;\n```\n',
  );
  expect(await typeErrors(examples, cwd)).toEqual([
    expect.stringMatching(/^line 5: .*possibly 'undefined'/),
    expect.stringMatching(/^line 9: .*not assignable/),
  ]);
});
