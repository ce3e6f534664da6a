import { checkTag } from './publish.js';

describe('what is published', () => {
  it('is the newest release', () => {
    expect(() => checkTag('v0.2.0', 'v0.2.0', '0.2.0')).not.toThrow();
  });

  it.each([
    [null, 'v0.2.0', '0.2.0', 'HEAD is not a release'],
    ['v0.1.0', 'v0.1.0', '0.2.0', 'HEAD is v0.1.0, but the packages have version 0.2.0'],
    ['v0.1.0', 'v0.2.0', '0.1.0', 'v0.2.0 was released after v0.1.0'],
  ])('is not %s when %s is the newest and the packages have %s', (tag, newest, version, message) => {
    expect(() => checkTag(tag, newest, version)).toThrow(message);
  });
});
