import { rfc3339 } from './rfc3339.js';

it.each([
  [0, '2026-11-22T13:40:23Z'],
  [-210, '2026-11-22T10:10:23-03:30'],
  [345, '2026-11-22T19:25:23+05:45'],
])('prints a moment %d minutes ahead of UTC as %s', (offset, shown) => {
  expect(rfc3339(1_795_354_823.9, offset)).toBe(shown);
});

it('prints the local time by default', () => {
  expect(new Date(rfc3339(1_795_354_823)).getTime()).toBe(1_795_354_823_000);
});
