import fc from 'fast-check';
import { FileNaming, withRevision, type NamingOptions } from './file-naming.js';
import { rotationReason } from './rotation.js';
import { strftime } from './strftime.js';

const NOON = new Date(2026, 10, 22, 13, 5, 9).getTime();
const facts = { topic: 'app', hostname: 'box.example.com', pid: 42 };

function name(options: Partial<NamingOptions> = {}, given = facts): string {
  const naming = new FileNaming(
    {
      filenameFormat: '<TOPIC>.<HOST><REV>.<DATETIME>.log',
      datetimeFormat: '%Y-%m-%d_%H',
      hostIdentifier: '',
      gzip: false,
      revisions: false,
      ...options,
    },
    given,
  );
  return withRevision(naming.current(NOON), 7);
}

describe('names of files', () => {
  it.each<[Partial<NamingOptions>, string]>([
    [{}, 'app.box.2026-11-22_13.log'],
    [{ gzip: true, revisions: true }, 'app.box-000007.2026-11-22_13.log.gz'],
    [{ gzip: true, revisions: true, filenameFormat: 'x<REV>.gz' }, 'x-000007.gz'],
    [{ filenameFormat: '<TOPIC>/<PID>/<HOST>.<TOPIC>', hostIdentifier: '<SHORT_HOST>-<HOSTNAME>' }, 'app/42/box-box.example.com.app'],
    [{ filenameFormat: '<DATETIME>', datetimeFormat: 'v1.%Y.15 $& %q %%' }, 'v1.2026.15 $& %q %'],
  ])('%j: %s', (options, expected) => {
    expect(name(options)).toBe(expected);
  });

  it('need a revision where files can follow each other', () => {
    expect(() => name({ revisions: true, filenameFormat: '<TOPIC>.log' })).toThrow(
      'missing <REV> in --filename-format when gzip, rotation, or work dir enabled',
    );
  });

  it('stay in the folder, whatever the topic', () => {
    expect(() => name({ filenameFormat: '<TOPIC>/x' }, { ...facts, topic: '..' })).toThrow(/outside of --output-dir/);
    expect(name({ filenameFormat: '<TOPIC>.x' }, { ...facts, topic: '..' })).toBe('...x');
  });

  it('change with the time', () => {
    const naming = new FileNaming(
      { filenameFormat: '<DATETIME>', datetimeFormat: '%S', hostIdentifier: '', gzip: false, revisions: false },
      facts,
    );
    expect([NOON, NOON + 999, NOON + 1_000, NOON].map((now) => naming.current(now))).toEqual(['09', '09', '10', '09']);
  });
});

describe('strftime', () => {
  it.each([
    ['%Y %y %m %d', '2026 26 11 22'],
    ['%b %B %a %A', 'Nov November Sun Sunday'],
    ['%H %I %M %S %p', '13 01 05 09 PM'],
  ])('%s: %s', (format, expected) => {
    expect(strftime(format, new Date(NOON))).toBe(expected);
  });

  it('counts hours from 12, and knows the zone', () => {
    expect(strftime('%I%p', new Date(2026, 0, 1, 0))).toBe('12AM');
    expect(strftime('%z', new Date(NOON))).toMatch(/^[+-]\d{4}$/);
    expect(strftime('%Z', new Date(NOON))).toMatch(/^\w+/);
  });

  it('leaves text without percent signs alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const literal = text.replaceAll('%', '');
        expect(strftime(literal, new Date(NOON))).toBe(literal);
      }),
    );
  });
});

describe('rotation', () => {
  const file = { name: 'a', bytes: 10, age: 1_000 };
  it.each<[string, { size: number; interval: number }, boolean]>([
    ['a', { size: 0, interval: 0 }, false],
    ['b', { size: 0, interval: 0 }, true],
    ['a', { size: 10, interval: 0 }, false],
    ['a', { size: 9, interval: 0 }, true],
    ['a', { size: 0, interval: 1_000 }, false],
    ['a', { size: 0, interval: 999 }, true],
  ])('of a file named %s by %j: %s', (current, rules, expected) => {
    expect(rotationReason(file, current, rules) !== null).toBe(expected);
  });
});
