import fc from 'fast-check';
import { isEphemeral, isValidName, validChannel, validTopic } from './names.js';

const E = '#ephemeral';

describe('names', () => {
  it.each(['a', '.', '-', '_', '0', 'Az09._-', 'a'.repeat(64), `a${E}`, `${'a'.repeat(54)}${E}`])('%j is valid', (name) => {
    expect(isValidName(name)).toBe(true);
    expect(validTopic('PUB', name)).toBe(name);
    expect(validChannel('SUB', name)).toBe(name);
  });

  it.each([
    '',
    E,
    `a${E}${E}`,
    `a${E}x`,
    'a#Ephemeral',
    'a#',
    'a b',
    'a\n',
    '\na',
    'a$',
    'é',
    'a/b',
    'a'.repeat(65),
    `${'a'.repeat(55)}${E}`,
  ])('%j is not', (name) => {
    expect(isValidName(name)).toBe(false);
  });

  it('consist of the right characters only', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70, unit: 'binary' }), (name) => {
        const stem = name.endsWith(E) ? name.slice(0, -E.length) : name;
        expect(isValidName(name)).toBe(name.length <= 64 && /^[.\-\w]+$/.test(stem));
      }),
    );
  });

  it('are quoted in the errors of encoders', () => {
    expect(() => validTopic('PUB', 'a"\n')).toThrow('E_BAD_TOPIC PUB topic name "a\\"\\n" is not valid');
    expect(() => validChannel('SUB', '')).toThrow('E_BAD_CHANNEL SUB channel name "" is not valid');
  });

  it('say whether they are ephemeral', () => {
    expect(isEphemeral(`a${E}`)).toBe(true);
    expect(isEphemeral('ephemeral')).toBe(false);
  });
});
