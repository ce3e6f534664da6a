import { parseOptions, usage, UsageError } from './options.js';

const NAMES = {
  scenarios: new Map([
    ['in', { help: 'messages in' }],
    ['out', { help: 'messages out' }],
  ]),
  groups: new Map([['both', ['in', 'out']]]),
};

it('runs everything against the built daemon unless told otherwise', () => {
  expect(parseOptions(['all'], NAMES)).toMatchObject({
    scenarios: ['in', 'out'],
    attach: null,
    command: null,
    repeat: 1,
    connections: 1,
    json: false,
  });
});

it('takes a running daemon by address and process id', () => {
  const options = parseOptions(['--address', '127.0.0.1:4150', '--pid', '77', 'in'], NAMES);
  expect(options?.attach).toEqual({ host: '127.0.0.1', tcpPort: 4150, httpPort: 4151, pid: 77 });
});

it('takes a command, flags for it, and numbers with their units', () => {
  const args = ['--command', 'node  main.js', '--flag=--log-level=debug', '--duration', '2', '--time-limit=9', '--messages=5', 'out'];
  expect(parseOptions(args, NAMES)).toMatchObject({
    scenarios: ['out'],
    command: ['node', 'main.js'],
    flags: ['--log-level=debug'],
    durationMs: 2000,
    timeLimitMs: 9000,
    messages: 5,
  });
});

it('knows names for several scenarios, and runs none of them twice', () => {
  expect(parseOptions(['out', 'both'], NAMES)?.scenarios).toEqual(['out', 'in']);
});

it('helps: a line for each scenario, whatever else is asked for', () => {
  expect(parseOptions(['--help'], NAMES)).toBeNull();
  expect(usage(NAMES)).toMatch(/^Usage: [\s\S]*\n {2}in +messages in\n {2}out +messages out\n {2}both +in, out\n$/);
});

it.each<[string, string[], RegExp]>([
  ['no scenario', [], /^name a scenario, or all\n\nUsage: /],
  ['an unknown scenario', ['up'], /^no scenario up\n/],
  ['an unknown option', ['--fast', 'in'], /^Unknown option '--fast'/],
  ['an address without a process id', ['--address=127.0.0.1:4150', 'in'], /^--pid must be an integer of at least 1\n/],
  ['an address without a port', ['--address=localhost', '--pid=1', 'in'], /^localhost is not HOST:PORT\n/],
  ['a count that is none', ['--repeat=0', 'in'], /^--repeat must be an integer of at least 1\n/],
])('refuses %s', (_, args, message) => {
  const parse = () => parseOptions(args, NAMES);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});
