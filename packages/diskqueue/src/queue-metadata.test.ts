import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { temporaryFolder } from '../test/support.js';
import { findQueue } from './queue-files.js';
import { formatQueueMetadata, loadQueueMetadata, parseQueueMetadata } from './queue-metadata.js';

const example = { depth: 12, readFile: 0, readPos: 228, writeFile: 1, writePos: 76 };

describe('parseQueueMetadata', () => {
  it('reads every state that is formatted', () => {
    const natural = fc.maxSafeNat();
    const state = fc.record({ depth: fc.maxSafeInteger(), readFile: natural, readPos: natural, writeFile: natural, writePos: natural });
    fc.assert(fc.property(state, (value) => expect(parseQueueMetadata(formatQueueMetadata(value))).toEqual(value)));
  });

  it.each(['12\n0,228\n1,76\n', '12\n0,228\n1,76', '12\r\n0,228\r\n1,76\r\n', ' 12\n 0, 228\n+1,76 \n', '12\n0,228\n1,76\nmore'])(
    'takes %j as the reference does',
    (text) => expect(parseQueueMetadata(text)).toEqual(example),
  );

  it.each([
    '',
    'garbage\n',
    '12\n0,228\n1,',
    '12 0,228 1,76',
    '12\n0,228\n',
    '12\n0,228\n1,76x',
    '12\n-1,228\n1,76\n',
    '12\n0,-1\n1,76\n',
    '12\n0,228\n1,99999999999999999\n',
    '1e3\n0,0\n0,0\n',
    '12\n0;228\n1;76\n',
  ])('does not take %j', (text) => expect(parseQueueMetadata(text)).toBeUndefined());
});

describe('loadQueueMetadata', () => {
  it('reads the start of a file only, however large it is', async () => {
    const folder = temporaryFolder();
    try {
      fs.writeFileSync(path.join(folder, 't.diskqueue.meta.dat'), '12\n0,228\n1,76\n' + 'x'.repeat(1_000_000));
      const queue = await findQueue(folder, 't');
      expect(await loadQueueMetadata(queue)).toEqual({ state: 'ok', value: example });
      fs.rmSync(path.join(folder, 't.diskqueue.meta.dat'));
      expect(await loadQueueMetadata(queue)).toEqual({ state: 'missing' });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
