import { changelogSection, changelogVersions } from './changelog.js';

const CHANGELOG = `# 1.0.0 (2026-03-01)

### Fixes

- one

## 0.2.0-rc.1 (2026-02-01)

- two

## 0.1.0 (2026-01-01)

## Before 0.1.0

No release.
`;

describe('the changelog', () => {
  it('has a section for each version', () => {
    expect(changelogVersions(CHANGELOG)).toEqual(['1.0.0', '0.2.0-rc.1', '0.1.0']);
    expect(changelogSection(CHANGELOG, '1.0.0')).toBe('### Fixes\n\n- one');
    expect(changelogSection(CHANGELOG, '0.2.0-rc.1')).toBe('- two');
    expect(changelogSection(CHANGELOG, '0.1.0')).toBe('');
  });

  it('says which version it lacks', () => {
    expect(() => changelogSection(CHANGELOG, '0.2.0')).toThrow('no section for 0.2.0');
  });
});
