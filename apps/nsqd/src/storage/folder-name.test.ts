import fc from 'fast-check';
import { folderOf, topicOf } from './folder-name.js';

const names = fc.oneof(
  fc.tuple(fc.stringMatching(/^[.a-zA-Z0-9_-]{1,54}$/), fc.boolean()).map(([name, ephemeral]) => (ephemeral ? `${name}#ephemeral` : name)),
  fc.constantFrom('con', 'CON', 'nul', 'nul.txt', 'com1', 'LPT9', 'aux.', '.', '..', '...', 'prn-'),
);

it.each([
  ['orders', 'orders'],
  ['a.b-c_9', 'a.b-c_9'],
  ['.', '%2e'],
  ['..', '%2e%2e'],
  ['a.', 'a%2e'],
  ['Orders', '%4frders'],
  ['con', '%63on'],
  ['nul.log', '%6eul.log'],
  ['lpt1', '%6cpt1'],
  ['console', 'console'],
  ['t#ephemeral', 't%23ephemeral'],
])('keeps topic %s in %s', (topic, folder) => {
  expect(folderOf(topic)).toBe(folder);
  expect(topicOf(folder)).toBe(topic);
});

it('gives a name of 64 characters a folder that every file system takes', () => {
  expect(folderOf('A'.repeat(64)).length).toBeLessThan(255);
});

it.each(['.deleted-0', '.probe', '.', '..', '%', '%6', 'A', '%61', 'a%2E', 'con'])('knows that %s is no folder of a topic', (folder) => {
  expect(topicOf(folder)).toBeUndefined();
});

it('finds the topic of every folder again', () => {
  fc.assert(fc.property(names, (name) => expect(topicOf(folderOf(name))).toBe(name)));
});

it('keeps two topics apart where the case of letters does not count', () => {
  fc.assert(
    fc.property(names, names, (one, other) => {
      fc.pre(one !== other);
      expect(folderOf(one).toLowerCase()).not.toBe(folderOf(other).toLowerCase());
    }),
  );
  fc.assert(
    fc.property(names, (name) => {
      fc.pre(name !== name.toUpperCase());
      expect(folderOf(name.toUpperCase()).toLowerCase()).not.toBe(folderOf(name).toLowerCase());
    }),
  );
});

it('gives no folder a name that Windows keeps for a device, or changes', () => {
  fc.assert(
    fc.property(names, (name) => {
      const folder = folderOf(name);
      expect(folder).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
      expect(folder).not.toMatch(/[. ]$/);
    }),
  );
});
