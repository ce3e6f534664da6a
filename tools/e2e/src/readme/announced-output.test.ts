import { announcedOutput, outputPattern } from './announced-output.js';

it('reads comments behind statements, and blocks of them', () => {
  const code = [
    'console.log(1); // Prints: 1',
    '// not this',
    'console.error(2); // Prints to stderr: 2',
    '  // Prints:',
    '  //   three',
    '  //',
    '  //     five',
    '  // not this',
    '// Prints to stderr:',
    '//   six',
    'run();',
    '//   not this',
  ];
  expect(announcedOutput(code.join('\n'))).toEqual({ stdout: ['1', 'three', '', '  five'], stderr: ['2', 'six'] });
});

it.each([
  [['a', 'b'], 'a\nb\n', true],
  [['a', 'b'], 'a\nb', false],
  [['a', 'b'], 'a\nb\nc\n', false],
  [['a (1.0)*'], 'a (1.0)*\n', true],
  [['a (1.0)*'], 'a (1x0)*\n', false],
  [['id …, once'], 'id 0a1b, once\n', true],
  [['id …, once'], 'id , once\n', false],
  [['a…'], 'a\nb\n', false],
  [['a', '…', 'z'], 'a\nz\n', true],
  [['a', '…', 'z'], 'a\nb\nc\nz\n', true],
  [['a', '…', 'z'], 'b\nz\n', false],
  [[], '', true],
  [[], 'a\n', false],
])('%j matches %j: %s', (lines, output, matches) => {
  expect(outputPattern(lines).test(output)).toBe(matches);
});
