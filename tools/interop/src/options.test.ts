import { parseOptions, usage, UsageError } from './options.js';

const LIBRARIES = ['go-nsq', 'pynsq'];
const SCENARIOS = ['publish', 'tls'];
const parse = (...args: string[]) => parseOptions(args, LIBRARIES, SCENARIOS);

it('runs everything by default', () => {
  expect(parse()).toEqual({ libraries: [], scenarios: [], jobs: 3, writeTable: false, all: false });
});

it('takes names with commas and several times', () => {
  expect(parse('--library', 'go-nsq,pynsq', '--scenario=tls', '--scenario=publish', '--jobs=1', '--all')).toEqual({
    libraries: LIBRARIES,
    scenarios: ['tls', 'publish'],
    jobs: 1,
    writeTable: false,
    all: true,
  });
});

it('has nothing to run when help is asked for, which lists the names', () => {
  expect(parse('--help')).toBeNull();
  expect(usage(LIBRARIES, SCENARIOS)).toMatch(/go-nsq, pynsq[^]*publish, tls/);
});

it.each([
  [['--library', 'gonsq'], '--library: no gonsq; there is go-nsq, pynsq'],
  [['--scenario', 'TLS'], '--scenario: no TLS; there is publish, tls'],
  [['--jobs', '0'], '--jobs must be from 1 to 32, not 0'],
  [['--jobs', 'many'], '--jobs must be from 1 to 32, not many'],
  [['--write-table', '--scenario', 'tls'], '--write-table is for a run of everything, without --library and --scenario'],
  [['--loud'], /--loud/],
  [['go-nsq'], /go-nsq/],
])('refuses %j', (args, message) => {
  expect(() => parse(...args)).toThrow(UsageError);
  expect(() => parse(...args)).toThrow(message);
});
