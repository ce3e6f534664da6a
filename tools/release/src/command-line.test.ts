import { parseCommand } from './command-line.js';

describe('the command line', () => {
  it.each([
    [[], { name: 'help' }],
    [['publish', '--help'], { name: 'help' }],
    [['version', 'auto'], { name: 'version', specifier: 'auto', dryRun: false }],
    [['version', '1.0.0', '--dry-run'], { name: 'version', specifier: '1.0.0', dryRun: true }],
    [['publish', '--registry', 'http://127.0.0.1:1/'], { name: 'publish', registry: 'http://127.0.0.1:1/', dryRun: false }],
    [['address', 'nsqio/nsq'], { name: 'address', repository: 'nsqio/nsq' }],
    [['rehearsal', '--keep'], { name: 'rehearsal', keep: true }],
    [['tag'], { name: 'tag' }],
  ])('%j is understood', (args, command) => {
    expect(parseCommand(args)).toEqual(command);
  });

  it.each([
    [['version'], 'version takes one word, not 0'],
    [['notes', 'more'], 'notes takes no word, not 1'],
    [['notes', '--dry-run'], 'notes has no --dry-run'],
    [['publsh'], 'no command "publsh"; there is'],
    [['--keep'], 'no command ""; there is'],
    [['publish', '--nope'], "Unknown option '--nope'"],
  ])('%j is refused', (args, message) => {
    expect(() => parseCommand(args)).toThrow(message);
  });
});
