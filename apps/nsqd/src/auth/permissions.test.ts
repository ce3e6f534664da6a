import type { Authorization } from './auth-answer.js';
import { Patterns } from './patterns.js';
import { Permissions } from './permissions.js';

const permissions = (...authorizations: readonly Authorization[]): Permissions => new Permissions(authorizations, new Patterns());

it('grants nothing without authorizations', () => {
  const none = permissions();
  expect([none.count, none.mayPublish('t'), none.maySubscribe('t', 'c')]).toEqual([0, false, false]);
});

it('needs permission, topic and channel in one authorization', () => {
  const some = permissions(
    { topic: '^a$', channels: ['^x$', '^y'], permissions: ['subscribe'] },
    { topic: '^b$', channels: ['.*'], permissions: ['publish'] },
    { topic: '^a$', channels: ['^z$'], permissions: ['publish'] },
  );
  expect(some.count).toBe(3);
  expect(['x', 'y1', 'z', ''].map((channel) => some.maySubscribe('a', channel))).toEqual([true, true, false, false]);
  expect(['a', 'b', 'c', 'a', 'b', 'b'].map((topic) => some.mayPublish(topic))).toEqual([false, true, false, false, true, true]);
});

it('answers alike however many topics it has been asked about', () => {
  const even = permissions({ topic: '[02468]$', channels: [''], permissions: ['publish'] });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 2500; i++) expect(even.mayPublish(`topic.${i}`)).toBe(i % 2 === 0);
  }
});

it('names the expression that is none', () => {
  expect(() => permissions({ topic: '(\n', channels: [], permissions: [] })).toThrow(
    /^unable to compile topic "\(\\n" error parsing regexp: /,
  );
  expect(() => permissions({ topic: '', channels: ['*'], permissions: [] })).toThrow(/^unable to compile channel "\*" error parsing/);
});
