import { MAX_LINE_BYTES, ProtocolError } from '@nsq/protocol';
import { array, assert, nat, property, uint8Array } from 'fast-check';
import { CommandReader, MAX_IDENTIFY_BYTES } from './command-reader.js';

function size(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n);
  return bytes;
}

/** What a stream that is sent in pieces leads to, its end included. */
function read(bytes: Buffer, cuts: readonly number[] = []): string[] {
  const seen: string[] = [];
  const reader = new CommandReader({
    magic: (magic) => seen.push(`magic ${magic.toString('latin1')}`),
    command: (words) => {
      seen.push(JSON.stringify(words));
      return words[0] === 'IDENTIFY';
    },
    body: (body) => seen.push(`body ${body.toString('latin1')}`),
  });
  const edges = [0, ...cuts.map((n) => n % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  try {
    for (let i = 1; i < edges.length; i++) {
      reader.push(Buffer.from(bytes.subarray(edges[i - 1], edges[i])));
      expect(reader.pendingBytes).toBeLessThanOrEqual(MAX_IDENTIFY_BYTES);
    }
    const error = reader.end();
    if (error !== undefined) seen.push(error.message);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    seen.push(error.message);
  }
  return seen;
}

const stream = Buffer.concat([
  Buffer.from('  V1PING\r\nIDENTIFY\n'),
  size(2),
  Buffer.from('{}  REGISTER t  c \t\r\nIDENTIFY x\n'),
  size(0),
  Buffer.from('\n\xffOO\nPING', 'latin1'),
]);
const found = [
  'magic   V1',
  '["PING"]',
  '["IDENTIFY"]',
  'body {}',
  '["REGISTER","t","","c"]',
  '["IDENTIFY","x"]',
  'body ',
  '[""]',
  '["ÿOO"]',
];

it('finds lines and bodies', () => {
  expect(read(stream)).toEqual(found);
});

it('finds the same wherever the stream is cut', () => {
  expect(
    read(
      stream,
      Array.from(stream, (_, i) => i),
    ),
  ).toEqual(found);
  assert(property(array(nat(), { maxLength: 40 }), (cuts) => expect(read(stream, cuts)).toEqual(found)));
});

it('treats garbage the same wherever it is cut', () => {
  assert(
    property(uint8Array({ maxLength: 100 }), array(nat(), { maxLength: 10 }), (garbage, cuts) => {
      const bytes = Buffer.concat([Buffer.from('  V1IDENTIFY\n'), garbage]);
      expect(read(bytes, cuts)).toEqual(read(bytes));
    }),
  );
});

it.each([[-1], [-(2 ** 31)], [MAX_IDENTIFY_BYTES + 1], [2 ** 31 - 1]])('refuses a body of %d bytes before it comes', (length) => {
  expect(read(Buffer.concat([Buffer.from('  V1IDENTIFY\n'), size(length)])).at(-1)).toBe('E_BAD_BODY IDENTIFY failed to read body');
});

it('takes a body of the largest size', () => {
  const bytes = Buffer.concat([Buffer.from('  V1IDENTIFY\n'), size(MAX_IDENTIFY_BYTES), Buffer.alloc(MAX_IDENTIFY_BYTES, 'x')]);
  expect(read(bytes, [20, 21, 1_000]).at(-1)).toBe(`body ${'x'.repeat(MAX_IDENTIFY_BYTES)}`);
});

it.each([
  ['the magic', '  V', []],
  ['a line', '  V1PING', ['magic   V1']],
  ['a length', '  V1IDENTIFY\n\0\0\0', ['magic   V1', '["IDENTIFY"]', 'E_BAD_BODY IDENTIFY failed to read body size']],
  ['a length not begun', '  V1IDENTIFY\n', ['magic   V1', '["IDENTIFY"]', 'E_BAD_BODY IDENTIFY failed to read body size']],
  ['a body', '  V1IDENTIFY\n\0\0\0\x02{', ['magic   V1', '["IDENTIFY"]', 'E_BAD_BODY IDENTIFY failed to read body']],
])('knows what an end inside %s means', (_, text, expected) => {
  expect(read(Buffer.from(text, 'latin1'))).toEqual(expected);
});

it('bounds a line, wherever it is cut', () => {
  const longest = `  V1PING ${'x'.repeat(MAX_LINE_BYTES - 'PING \n'.length)}`;
  const cuts = [10, 9_000];
  expect(read(Buffer.from(`${longest}\n`), cuts)).toHaveLength(2);
  for (const text of [`${longest}x\n`, `${longest}xxx`]) {
    expect(read(Buffer.from(text), cuts)).toEqual(['magic   V1', 'E_INVALID command line too long']);
    expect(read(Buffer.from(text))).toEqual(['magic   V1', 'E_INVALID command line too long']);
  }
});
