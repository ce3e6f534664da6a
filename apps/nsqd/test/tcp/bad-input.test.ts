import { encodeMpub, encodePub, encodeSub } from '@nsq/protocol';
import { withDaemon } from './daemon.js';
import { heldBytes } from './memory.js';

const V2 = '  V2';
const SUBSCRIBED = 'SUB t c\n';
const size = (n: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n);
  return bytes;
};
const bytes = (...parts: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));

interface Case {
  readonly sends: string | Buffer;
  readonly gets: readonly string[];
  /** The client says that it is done, and nothing else ends the connection. */
  readonly halfClose?: boolean;
}

const CATALOGUE: readonly Case[] = [
  { sends: '  V1', gets: ['!E_BAD_PROTOCOL'] },
  { sends: 'GET / HTTP/1.1\r\n\r\n', gets: ['!E_BAD_PROTOCOL'] },
  { sends: '  ', gets: [], halfClose: true },
  { sends: `${V2}\n`, gets: ['!E_INVALID invalid command '] },
  { sends: `${V2}\r\n`, gets: ['!E_INVALID invalid command '] },
  { sends: `${V2}FOO bar\n`, gets: ['!E_INVALID invalid command FOO'] },
  { sends: `${V2}nop\n`, gets: ['!E_INVALID invalid command nop'] },
  { sends: bytes(V2, Buffer.from('ff00464f4f0a', 'hex')), gets: ['!E_INVALID invalid command \xff\0FOO'] },
  { sends: V2 + 'x'.repeat(16_384), gets: [] },
  { sends: `${V2}NOP ${'x'.repeat(16_384 - 5)}\nFOO\n`, gets: ['!E_INVALID invalid command FOO'] },
  { sends: `${V2}PUB foo`, gets: [], halfClose: true },
  { sends: `${V2}PUB\n`, gets: ['!E_INVALID PUB insufficient number of parameters'] },
  { sends: `${V2}PUB \n`, gets: ['!E_BAD_TOPIC PUB topic name "" is not valid'] },
  { sends: `${V2}PUB  foo\n`, gets: ['!E_BAD_TOPIC PUB topic name "" is not valid'] },
  { sends: `${V2}PUB foo"bar$\n`, gets: ['!E_BAD_TOPIC PUB topic name "foo\\"bar$" is not valid'] },
  { sends: bytes(V2, 'PUB foo\n', size(0)), gets: ['!E_BAD_MESSAGE PUB invalid message body size 0'] },
  { sends: bytes(V2, 'PUB foo\n', size(-1)), gets: ['!E_BAD_MESSAGE PUB invalid message body size -1'] },
  { sends: bytes(V2, 'PUB foo\n', size(-(2 ** 31))), gets: ['!E_BAD_MESSAGE PUB invalid message body size -2147483648'] },
  { sends: bytes(V2, 'PUB foo\n', size(0x7fffffff)), gets: ['!E_BAD_MESSAGE PUB message too big 2147483647 > 1048576'] },
  { sends: bytes(V2, 'PUB foo\n', size(0x100001)), gets: ['!E_BAD_MESSAGE PUB message too big 1048577 > 1048576'] },
  { sends: bytes(V2, 'PUB foo x y\n', size(1), 'a', 'FOO\n'), gets: ['OK', '!E_INVALID invalid command FOO'] },
  { sends: `${V2}MPUB foo$\n`, gets: ['!E_BAD_TOPIC E_BAD_TOPIC MPUB topic name "foo$" is not valid'] },
  { sends: bytes(V2, 'MPUB t\n', size(0x7fffffff)), gets: ['!E_BAD_BODY MPUB body too big 2147483647 > 5242880'] },
  { sends: bytes(V2, 'MPUB t\n', size(-(2 ** 31))), gets: ['!E_BAD_BODY MPUB invalid body size -2147483648'] },
  { sends: bytes(V2, 'MPUB t\n', size(4), size(0)), gets: ['!E_BAD_BODY MPUB invalid message count 0'] },
  { sends: bytes(V2, 'MPUB t\n', size(4), size(1_048_576)), gets: ['!E_BAD_BODY MPUB invalid message count 1048576'] },
  {
    sends: bytes(V2, 'MPUB t\n', size(100), size(3), size(1), 'a', size(-5)),
    gets: ['!E_BAD_MESSAGE MPUB invalid message(1) body size -5'],
  },
  {
    sends: bytes(V2, 'MPUB t\n', size(100), size(1), size(0x7fffffff)),
    gets: ['!E_BAD_MESSAGE MPUB message too big 2147483647 > 1048576'],
  },
  { sends: bytes(V2, 'MPUB t\n', size(1), size(1), size(1), 'a', 'FOO\n'), gets: ['OK', '!E_INVALID invalid command FOO'] },
  { sends: `${V2}DPUB foo\n`, gets: ['!E_INVALID DPUB insufficient number of parameters'] },
  { sends: `${V2}DPUB foo -1\n`, gets: ['!E_INVALID DPUB could not parse timeout -1'] },
  { sends: `${V2}DPUB foo 3600001\n`, gets: ['!E_INVALID DPUB timeout 3600001 out of range 0-3600000'] },
  { sends: `${V2}DPUB foo 18446744073709551615\n`, gets: ['!E_INVALID DPUB timeout 18446744073709551615 out of range 0-3600000'] },
  { sends: bytes(V2, 'DPUB foo 1\n', size(0x7fffffff)), gets: ['!E_BAD_MESSAGE DPUB message too big 2147483647 > 1048576'] },
  { sends: bytes(V2, 'IDENTIFY\n', size(0x7fffffff)), gets: ['!E_BAD_BODY IDENTIFY body too big 2147483647 > 5242880'] },
  { sends: bytes(V2, 'IDENTIFY\n', size(-(2 ** 31))), gets: ['!E_BAD_BODY IDENTIFY invalid body size -2147483648'] },
  { sends: `${V2}RDY 1\n`, gets: ['!E_INVALID cannot RDY in current state'] },
  { sends: `${V2}FIN 0123456789abcdef\n`, gets: ['!E_INVALID cannot FIN in current state'] },
  { sends: `${V2}${SUBSCRIBED}RDY -1\n`, gets: ['OK', '!E_INVALID RDY could not parse count -1'] },
  { sends: `${V2}${SUBSCRIBED}RDY 2501\n`, gets: ['OK', '!E_INVALID RDY count 2501 out of range 0-2500'] },
  { sends: `${V2}${SUBSCRIBED}RDY 18446744073709551615\n`, gets: ['OK', '!E_INVALID RDY count -1 out of range 0-2500'] },
  { sends: `${V2}${SUBSCRIBED}FIN 0123\n`, gets: ['OK', '!E_INVALID invalid message ID'] },
  { sends: `${V2}${SUBSCRIBED}${SUBSCRIBED}`, gets: ['OK', '!E_INVALID cannot SUB in current state'] },
  {
    sends: `${V2}${SUBSCRIBED}FIN 0123456789abcdef\nREQ zzzzzzzzzzzzzzzz 0\nFOO\n`,
    gets: [
      'OK',
      '!E_FIN_FAILED FIN 0123456789abcdef failed ID not in flight',
      '!E_REQ_FAILED REQ zzzzzzzzzzzzzzzz failed ID not in flight',
      '!E_INVALID invalid command FOO',
    ],
  },
  { sends: bytes(V2, 'AUTH\n', size(1), 'x'), gets: ['!E_AUTH_DISABLED AUTH disabled'] },
  { sends: `${V2}AUTH x\n`, gets: ['!E_INVALID AUTH invalid number of parameters'] },
  { sends: bytes(V2, 'AUTH\n', size(0x7fffffff)), gets: ['!E_BAD_BODY AUTH body too big 2147483647 > 5242880'] },
  { sends: V2, gets: [], halfClose: true },
  { sends: `${V2}${SUBSCRIBED}`, gets: ['OK'], halfClose: true },
];

it('answers all bad input as the catalogue says, then closes', async () => {
  await withDaemon({}, async (daemon) => {
    for (const { sends, gets, halfClose } of CATALOGUE) {
      const client = daemon.connect().send(sends);
      if (halfClose) client.finish();
      expect({ sends, gets: await client.rest() }).toEqual({ sends, gets });
    }
    await daemon.destroyClients();
    await (await daemon.client()).send(encodePub('after', Buffer.from('all'))).ok();
  });
});

it.each([
  ['an unknown command', 'FOO\n'],
  ['a bad size', bytes('PUB t\n', size(-1))],
  ['a bad MPUB', bytes('MPUB t\n', size(9), size(2), size(1), 'a', size(0))],
  ['a command in the wrong state', 'RDY 1\n'],
  ['a line without end', 'x'.repeat(16_384)],
])('carries out what stands in front of %s and nothing behind it', async (_, bad) => {
  await withDaemon({}, async (daemon) => {
    const good = encodePub('t', Buffer.from('good'));
    const client = (await daemon.client()).send(good, encodeMpub('t', [Buffer.from('a'), Buffer.from('b')]), good, good, bad, good, good);
    const got = await client.rest();
    expect(got.slice(0, 4)).toEqual(['OK', 'OK', 'OK', 'OK']);
    expect(got.slice(4).filter((text) => !text.startsWith('!E_'))).toEqual([]);
    expect(daemon.topic('t').depth).toBe(5);
  });
});

it.each([
  [
    'PUB',
    [
      [8, 'E_BAD_MESSAGE PUB failed to read message body size'],
      [12, 'E_BAD_MESSAGE PUB failed to read message body'],
    ],
    bytes('PUB foo\n', size(3), 'abc'),
  ],
  [
    'DPUB',
    [
      [11, 'E_BAD_MESSAGE DPUB failed to read message body size'],
      [15, 'E_BAD_MESSAGE DPUB failed to read message body'],
    ],
    bytes('DPUB foo 9\n', size(3), 'abc'),
  ],
  [
    'MPUB',
    [
      [9, 'E_BAD_BODY MPUB failed to read body size'],
      [13, 'E_BAD_BODY MPUB failed to read message count'],
      [17, 'E_BAD_MESSAGE MPUB failed to read message(0) body size'],
      [21, 'E_BAD_MESSAGE MPUB failed to read message body'],
      [23, 'E_BAD_MESSAGE MPUB failed to read message(1) body size'],
      [27, 'E_BAD_MESSAGE MPUB failed to read message body'],
    ],
    bytes('MPUB foo\n', size(16), size(2), size(2), 'ab', size(2), 'cd'),
  ],
  [
    'IDENTIFY',
    [
      [9, 'E_BAD_BODY IDENTIFY failed to read body size'],
      [13, 'E_BAD_BODY IDENTIFY failed to read body'],
    ],
    bytes('IDENTIFY\n', size(2), '{}'),
  ],
  [
    'AUTH',
    [
      [5, 'E_BAD_BODY AUTH failed to read body size'],
      [9, 'E_BAD_BODY AUTH failed to read body'],
    ],
    bytes('AUTH\n', size(2), 'xy'),
  ],
] as const)('names what is missing wherever the stream ends inside %s', async (_, steps, command) => {
  await withDaemon({}, async (daemon) => {
    for (let cut = 0; cut < command.length; cut++) {
      const step = steps.findLast(([from]) => from <= cut);
      const got = await (await daemon.client()).send(command.subarray(0, cut)).finish().rest();
      expect({ cut, got }).toEqual({ cut, got: step === undefined ? [] : [`!${step[1]}`] });
    }
    expect(daemon.nsqd.engine.topics.get('foo')?.depth ?? 0).toBe(0);
  });
});

it('understands a client that sends byte by byte', async () => {
  await withDaemon({}, async (daemon) => {
    const client = daemon.connect();
    const all = bytes(
      '  V2IDENTIFY\n', size(2), '{}', encodePub('t', Buffer.from('one')), encodeMpub('t', [Buffer.from('two'), Buffer.from('three')]),
      bytes('DPUB t 0\n', size(4), 'four'), encodeSub('t', 'c'), 'NOP\r\nRDY 10\n',
    ); // prettier-ignore
    for (const byte of all) {
      client.send(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.ok(5);
    const got = await client.messages(4);
    expect(got.map(({ body }) => body.toString())).toEqual(['one', 'two', 'three', 'four']);
    for (const { id } of got) for (const byte of Buffer.from(`FIN ${id}\n`)) client.send(Buffer.of(byte));
    expect(await client.settled()).toEqual([]);
    expect(daemon.channel('t', 'c').inFlightCount).toBe(0);
  });
});

it('closes on 100 MB without a line feed and keeps none of it', async () => {
  await withDaemon({}, async (daemon) => {
    const client = await daemon.client();
    const before = heldBytes();
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let i = 0; i < 100 && !client.socket.destroyed; i++) {
      await new Promise<void>((resolve) => client.socket.write(piece, () => resolve()));
      if (i % 20 === 19) expect(heldBytes() - before).toBeLessThan(4 * 1024 * 1024);
    }
    expect(await client.rest()).toEqual([]);
  });
});
