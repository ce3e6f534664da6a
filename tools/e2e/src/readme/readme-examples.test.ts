import { readmeExamples } from './readme-examples.js';

const README = `# Title

\`\`\`sh
nsq up
\`\`\`

## Stop it

Text, \`code\`.

\`\`\`js
process.once('SIGTERM', () => {}); // Prints: nothing
\`\`\`
\`\`\`text
# no heading
\`\`\`
`;

it('gives blocks in their order, with language, line and heading', () => {
  expect(readmeExamples(README).map(({ language, line, heading }) => [language, line, heading])).toEqual([
    ['sh', 3, 'Title'],
    ['js', 11, 'Stop it'],
    ['text', 14, 'Stop it'],
  ]);
});

it('knows what a program announces, and whether it waits for a signal', () => {
  const [shell, program] = readmeExamples(README);
  expect(shell).toMatchObject({ code: 'nsq up\n', signal: null });
  expect(program).toMatchObject({ signal: 'SIGTERM', announced: { stdout: ['nothing'], stderr: [] } });
});

it('refuses a block without an end', () => {
  expect(() => readmeExamples('\n```js\nlet x;\n')).toThrow('line 2');
});
