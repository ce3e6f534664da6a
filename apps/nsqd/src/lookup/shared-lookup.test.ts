import type { LookupFunction } from 'node:net';
import { SharedLookup } from './shared-lookup.js';

it('asks once for all who want the same at a time', () => {
  const asked: [string, (address: string) => void][] = [];
  const resolve: LookupFunction = (hostname, _, callback) => asked.push([hostname, (address) => callback(null, address, 4)]);
  const shared = new SharedLookup(resolve);
  const heard: string[] = [];
  const ask = (hostname: string, family = 0): void =>
    shared.lookup(hostname, { family }, (error, address) => heard.push(JSON.stringify([hostname, error, address])));
  ask('a');
  ask('a');
  ask('b');
  ask('a', 4);
  expect(asked.map(([name]) => name)).toEqual(['a', 'b', 'a']);
  asked[0]?.[1]('1.1.1.1');
  expect(heard).toEqual(['["a",null,"1.1.1.1"]', '["a",null,"1.1.1.1"]']);
  ask('a');
  expect(asked).toHaveLength(4);
});

it('resolves as the system does', async () => {
  const answer = await new Promise((resolve, reject) => {
    new SharedLookup().lookup('127.0.0.1', {}, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });
  expect(answer).toBe('127.0.0.1');
});
