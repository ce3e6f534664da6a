import { PatternBudget, Patterns } from './patterns.js';

const wide = (i: number): string => `^${i}(x?y?){1000}$`; // some thousands of instructions

it('compiles an expression once for all who need it', () => {
  const patterns = new Patterns();
  expect(patterns.compile('^a')).toBe(patterns.compile('^a'));
  expect(patterns.kept).toBe(1);
});

it('keeps a thousand, those that were used last', () => {
  const patterns = new Patterns();
  const first = patterns.compile('^0$');
  for (let i = 1; i < 1000; i++) patterns.compile(`^${i}$`);
  expect(patterns.compile('^0$')).toBe(first);
  patterns.compile('^1000$');
  expect(patterns.kept).toBe(1000);
  expect(patterns.compile('^0$')).toBe(first);
});

it('keeps fewer when they are large, and then as many small ones again', () => {
  const patterns = new Patterns();
  const size = patterns.compile(wide(0)).programSize();
  for (let i = 1; i < 100; i++) patterns.compile(wide(i));
  expect(patterns.kept).toBe(Math.floor(200_000 / size));
  for (let i = 0; i < 1000; i++) patterns.compile(`^${i}$`);
  expect(patterns.kept).toBe(1000);
});

it.each([
  ['x'.repeat(1025), 'longer than 1024 characters'],
  ['\\pL{1000}'.repeat(60), 'expression too large'],
  ['(', /missing closing \)/],
  ['(?<=a)b', /invalid/],
  ['((a{100}){100}){100}', /invalid repeat count/],
  ['('.repeat(1010) + ')', /nests too deeply|missing closing/],
])('refuses an expression like %.20s', (source, message) => {
  const patterns = new Patterns();
  expect(() => patterns.compile(source)).toThrow(message);
  expect(patterns.kept).toBe(0);
});

it('limits what one answer may have in all', () => {
  const patterns = new Patterns();
  const budget = new PatternBudget();
  const spendAll = (): void => {
    for (let i = 0; i < 100; i++) budget.spend(patterns.compile(wide(i)));
  };
  expect(spendAll).toThrow('too large together');
});
