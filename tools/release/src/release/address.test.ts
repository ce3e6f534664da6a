import { addressKeys, withAddress } from './address.js';

describe('the address of the repository', () => {
  it('names the folder of a package', () => {
    expect(addressKeys('owner/name', 'packages/client')).toEqual({
      repository: { type: 'git', url: 'git+https://github.com/owner/name.git', directory: 'packages/client' },
      homepage: 'https://github.com/owner/name/tree/main/packages/client#readme',
      bugs: { url: 'https://github.com/owner/name/issues' },
    });
  });

  it.each(['name', 'https://github.com/owner/name', 'owner/name/more', 'owner/na me', ''])('refuses %j', (repository) => {
    expect(() => addressKeys(repository, '')).toThrow('must be OWNER/NAME');
  });

  it('stands behind the license, whatever was said before, and stays where it is', () => {
    const before = JSON.stringify({ name: 'a', repository: 'gone', license: 'MIT', type: 'module' });
    const keys = addressKeys('owner/name', '');
    const after = withAddress(before, keys);
    expect(Object.keys(JSON.parse(after) as object)).toEqual(['name', 'license', 'homepage', 'bugs', 'repository', 'type']);
    expect(after).not.toContain('gone');
    expect(withAddress(after, keys)).toBe(after);
  });
});
