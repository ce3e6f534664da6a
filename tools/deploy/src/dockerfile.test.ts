import { allOf, execForm, lastOf, parseDockerfile } from './dockerfile.js';

const text = `# a comment
ARG BASE=node:1-slim
FROM \${BASE} AS build
RUN one \\
  # a comment inside
 && two
from \${BASE}
EXPOSE 1 2
CMD ["a"]
CMD ["b", "c d"]
`;

it('reads stages, with their bases and names', () => {
  const { args, stages } = parseDockerfile(text);
  expect([...args]).toEqual([['BASE', 'node:1-slim']]);
  expect(stages.map(({ base, name }) => [base, name])).toEqual([
    ['node:1-slim', 'build'],
    ['node:1-slim', ''],
  ]);
});

it('joins continued lines, comments between them left out', () => {
  expect(parseDockerfile(text).stages[0]?.instructions).toEqual([{ word: 'RUN', rest: expect.stringMatching(/^one\s+&& two$/) as string }]);
});

it('gives the last instruction of a kind, or all of them', () => {
  const [, stage] = parseDockerfile(text).stages;
  if (stage === undefined) throw new Error('no stage');
  expect(execForm(lastOf(stage, 'CMD'))).toEqual(['b', 'c d']);
  expect(allOf(stage, 'EXPOSE')).toEqual(['1 2']);
});

it.each(['node x.js', '[1]', undefined])('refuses %p, which is not in exec form', (rest) => {
  expect(() => execForm(rest)).toThrow('not in exec form');
});

it('refuses a file without a stage', () => {
  expect(() => parseDockerfile('ARG A=1\n')).toThrow('no FROM');
});
