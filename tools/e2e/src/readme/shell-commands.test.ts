import { shellLines } from './shell-commands.js';

it.each([
  ['nsq pub orders "hello world" # says hello', [['nsq', 'pub', 'orders', 'hello world']]],
  ["curl -d 'a b' 'http://127.0.0.1:4151/pub?topic=t'", [['curl', '-d', 'a b', 'http://127.0.0.1:4151/pub?topic=t']]],
  [
    'seq 1 3 | nsq pub orders && nsq stat',
    [
      ['seq', '1', '3'],
      ['nsq', 'pub', 'orders'],
      ['nsq', 'stat'],
    ],
  ],
  ['nsq up \\\n  --nsqd 2', [['nsq', 'up', '--nsqd', '2']]],
  ["echo 'a # b' c\\ d", [['echo', 'a # b', 'c d']]],
])('reads %j', (code, commands) => {
  expect(shellLines(code).map((line) => line.commands.map(({ words }) => words))).toEqual([commands]);
});

it('leaves comments and empty lines out, and knows what keeps its terminal', () => {
  const lines = shellLines("# first\n\nnsqd --data-path=d   # Ctrl-C stops it\nnsq stat 'a#b'\n");
  expect(lines.map(({ text, stays }) => [text, stays])).toEqual([
    ['nsqd --data-path=d', true],
    ["nsq stat 'a#b'", false],
  ]);
});
