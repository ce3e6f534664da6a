import { Recording, bytesOf, int32, pushAll, singleBytes } from '../test/recording.js';
import { MAX_LINE_BYTES } from './command-reader.js';
import { ConnectionState, type CommandLimits } from './command-sink.js';
import { encodePub } from './commands.js';
import { ProtocolError } from './errors.js';

interface Given {
  state?: ConnectionState;
  tlsMissing?: boolean;
  heartbeats?: boolean;
  limits?: Partial<CommandLimits>;
}

const { Init, Subscribed, Closing } = ConnectionState;
const subscribed: Given = { state: Subscribed };
const ID = '0123456789abcdef';
const MAX_INT = 0x7fffffff;

function recordingOf(given: Given): Recording {
  const recording = new Recording(given.limits);
  recording.reader.state = given.state ?? Init;
  recording.reader.tlsMissing = given.tlsMissing ?? false;
  recording.reader.heartbeats = given.heartbeats ?? true;
  return recording;
}

/** The error data for `input`, which must come with its last byte, not before, and however it is cut. */
function refusal(input: Buffer, given: Given = {}): string {
  const early = recordingOf(given);
  expect(pushAll(early.reader, [input.subarray(0, -1)])).toBeUndefined();
  const answers = [[input], [bytesOf(input, 'NOP\nNOP\n')], singleBytes(input)].map((chunks) => {
    const recording = recordingOf(given);
    const error = pushAll(recording.reader, chunks);
    expect(recording.commands).toEqual(early.commands);
    expect(error).toMatchObject({ fatal: true, silent: false });
    // Nothing is left to say or to do after the error.
    expect(recording.reader.end()).toBeUndefined();
    recording.reader.push(Buffer.from('NOP\n'));
    expect(recording.commands).toEqual(early.commands);
    return error?.data.toString('latin1');
  });
  expect(new Set(answers).size).toBe(1);
  return answers[0] ?? '';
}

describe('command lines', () => {
  const lines: [line: string | Buffer, data: string, given?: Given][] = [
    ['\n', 'E_INVALID invalid command '],
    ['\r\n', 'E_INVALID invalid command '],
    ['FOO bar\n', 'E_INVALID invalid command FOO'],
    [' NOP\n', 'E_INVALID invalid command '],
    ['nop\n', 'E_INVALID invalid command nop'],
    ['NOP\r\r\n', 'E_INVALID invalid command NOP\r'],
    ['PUBx t\n', 'E_INVALID invalid command PUBx'],
    [Buffer.from('ff00464f4f0a', 'hex'), 'E_INVALID invalid command \xff\0FOO'],

    ['PUB\n', 'E_INVALID PUB insufficient number of parameters'],
    ['PUB \n', 'E_BAD_TOPIC PUB topic name "" is not valid'],
    ['PUB  t\n', 'E_BAD_TOPIC PUB topic name "" is not valid'],
    ['PUB foo$\n', 'E_BAD_TOPIC PUB topic name "foo$" is not valid'],
    ['PUB foo"bar$\n', 'E_BAD_TOPIC PUB topic name "foo\\"bar$" is not valid'],
    [Buffer.from('50554220ff017f5c0a', 'hex'), 'E_BAD_TOPIC PUB topic name "\\xff\\x01\\x7f\\\\" is not valid'],
    ['PUB #ephemeral\n', 'E_BAD_TOPIC PUB topic name "#ephemeral" is not valid'],
    [`PUB ${'a'.repeat(65)}\n`, `E_BAD_TOPIC PUB topic name "${'a'.repeat(65)}" is not valid`],
    ['MPUB\n', 'E_INVALID MPUB insufficient number of parameters'],
    ['MPUB foo$\n', 'E_BAD_TOPIC E_BAD_TOPIC MPUB topic name "foo$" is not valid'],
    ['DPUB foo\n', 'E_INVALID DPUB insufficient number of parameters'],
    ['DPUB foo$ x\n', 'E_BAD_TOPIC DPUB topic name "foo$" is not valid'],
    ['DPUB foo -1\n', 'E_INVALID DPUB could not parse timeout -1'],
    ['DPUB foo 1.5\n', 'E_INVALID DPUB could not parse timeout 1.5'],
    ['DPUB foo \xe9\n', 'E_INVALID DPUB could not parse timeout \xc3\xa9'],
    ['DPUB foo 3600001\n', 'E_INVALID DPUB timeout 3600001 out of range 0-3600000'],
    ['DPUB foo 2\n', 'E_INVALID DPUB timeout 2 out of range 0-1', { limits: { maxReqTimeout: 1.5 } }],
    ['DPUB foo 18446744073709551615\n', 'E_INVALID DPUB timeout 18446744073709551615 out of range 0-3600000'],
    ['DPUB foo 9223372036855\n', 'E_INVALID DPUB timeout 9223372036855 out of range 0-3600000'],

    ['SUB\n', 'E_INVALID SUB insufficient number of parameters'],
    ['SUB t\n', 'E_INVALID SUB insufficient number of parameters'],
    ['SUB t\n', 'E_INVALID cannot SUB with heartbeats disabled', { heartbeats: false }],
    ['SUB t c\n', 'E_INVALID cannot SUB in current state', { state: Subscribed, heartbeats: false }],
    ['SUB t$ c$\n', 'E_BAD_TOPIC SUB topic name "t$" is not valid'],
    ['SUB t c$\n', 'E_BAD_CHANNEL SUB channel name "c$" is not valid'],
    ['SUB t \n', 'E_BAD_CHANNEL SUB channel name "" is not valid'],

    ['RDY xyz\n', 'E_INVALID cannot RDY in current state'],
    ['RDY -1\n', 'E_INVALID RDY could not parse count -1', subscribed],
    ['RDY 2501\n', 'E_INVALID RDY count 2501 out of range 0-2500', subscribed],
    ['RDY 18446744073709551615\n', 'E_INVALID RDY count -1 out of range 0-2500', subscribed],
    ['RDY 9223372036854775807\n', 'E_INVALID RDY count 9223372036854775807 out of range 0-2500', subscribed],
    ['RDY 9223372036854775809\n', 'E_INVALID RDY count -9223372036854775807 out of range 0-2500', subscribed],

    ['FIN\n', 'E_INVALID FIN insufficient number of params', subscribed],
    ['FIN 0123\n', 'E_INVALID invalid message ID', subscribed],
    [`FIN ${ID}0\n`, 'E_INVALID invalid message ID', subscribed],
    ['FIN 01234567 89abcdef\n', 'E_INVALID invalid message ID', subscribed],
    ['TOUCH\n', 'E_INVALID TOUCH insufficient number of params', subscribed],
    ['TOUCH 0123\n', 'E_INVALID invalid message ID', subscribed],
    [`REQ ${ID}\n`, 'E_INVALID REQ insufficient number of params', subscribed],
    ['REQ 0123 x\n', 'E_INVALID invalid message ID', subscribed],
    [`REQ ${ID} -5\n`, 'E_INVALID REQ could not parse timeout -5', subscribed],

    ['AUTH x\n', 'E_INVALID AUTH invalid number of parameters'],
    ['AUTH \n', 'E_INVALID AUTH invalid number of parameters'],
  ];
  it.each(lines.map(([line, data, given = {}]) => ({ input: Buffer.from(line), data, given })))('$data', ({ input, data, given }) => {
    expect(refusal(input, given)).toBe(data);
  });

  const table: [command: string, allowed: ConnectionState[]][] = [
    ['IDENTIFY', [Init]],
    ['AUTH', [Init]],
    ['SUB t c', [Init]],
    ['RDY 1', [Subscribed, Closing]],
    [`FIN ${ID}`, [Subscribed, Closing]],
    [`REQ ${ID} 0`, [Subscribed, Closing]],
    [`TOUCH ${ID}`, [Subscribed, Closing]],
    ['CLS', [Subscribed]],
    ['PUB t', [Init, Subscribed, Closing]],
    ['MPUB t', [Init, Subscribed, Closing]],
    ['DPUB t 0', [Init, Subscribed, Closing]],
    ['NOP', [Init, Subscribed, Closing]],
  ];
  it.each(table)('%s in each state', (command, allowed) => {
    const line = Buffer.from(`${command}\n`);
    for (const state of [Init, Subscribed, Closing]) {
      if (allowed.includes(state)) expect(pushAll(recordingOf({ state }).reader, [line])).toBeUndefined();
      else expect(refusal(line, { state })).toBe(`E_INVALID cannot ${command.split(' ', 1).join()} in current state`);
    }
  });

  it('tells the state before it looks at parameters', () => {
    for (const command of ['FIN', 'REQ', 'TOUCH', 'RDY -', 'CLS']) {
      expect(refusal(bytesOf(command, '\n'))).toBe(`E_INVALID cannot ${command.split(' ', 1).join()} in current state`);
    }
    expect(refusal(bytesOf('AUTH x\n'), subscribed)).toBe('E_INVALID cannot AUTH in current state');
    expect(refusal(bytesOf('SUB\n'), subscribed)).toBe('E_INVALID cannot SUB in current state');
  });
});

describe('before TLS where it is required', () => {
  it.each(['PUB t', 'NOP', 'AUTH', 'FOO', '', 'CLS', 'RDY 1', `FIN ${ID}`, `TOUCH ${ID}`, 'SUB', 'identify', '\xff\0'])(
    'refuses %j',
    (command) => {
      const name = command.split(' ', 1).join();
      for (const state of [Init, Subscribed, Closing]) {
        expect(refusal(bytesOf(command, '\n'), { tlsMissing: true, state })).toBe(
          `E_INVALID cannot ${name} in current state (TLS required)`,
        );
      }
    },
  );

  it('refuses a topic that it has seen', () => {
    const recording = new Recording();
    recording.reader.push(encodePub('t', Buffer.from('a')));
    recording.reader.tlsMissing = true;
    expect(() => recording.reader.push(encodePub('t', Buffer.from('a')))).toThrow('E_INVALID cannot PUB in current state (TLS required)');
  });

  it('takes IDENTIFY, and the rest once TLS is there', () => {
    const recording = recordingOf({ tlsMissing: true });
    recording.reader.push(bytesOf('IDENTIFY\n', int32(2), '{}'));
    recording.reader.tlsMissing = false;
    recording.reader.push(bytesOf('NOP\n'));
    expect(recording.commands).toEqual(['IDENTIFY 7b7d', 'NOP']);
    expect(refusal(bytesOf('IDENTIFY\n'), { tlsMissing: true, state: Subscribed })).toBe('E_INVALID cannot IDENTIFY in current state');
  });
});

describe('lengths', () => {
  it.each<[command: string, numbers: number[], data: string]>([
    ['PUB foo', [-1], 'E_BAD_MESSAGE PUB invalid message body size -1'],
    ['PUB foo', [0], 'E_BAD_MESSAGE PUB invalid message body size 0'],
    ['PUB foo', [1048577], 'E_BAD_MESSAGE PUB message too big 1048577 > 1048576'],
    ['PUB foo', [MAX_INT], `E_BAD_MESSAGE PUB message too big ${MAX_INT} > 1048576`],
    ['DPUB foo 1', [-MAX_INT - 1], `E_BAD_MESSAGE DPUB invalid message body size ${-MAX_INT - 1}`],
    ['DPUB foo 1', [0], 'E_BAD_MESSAGE DPUB invalid message body size 0'],
    ['DPUB foo 1', [1048577], 'E_BAD_MESSAGE DPUB message too big 1048577 > 1048576'],
    ['IDENTIFY', [0], 'E_BAD_BODY IDENTIFY invalid body size 0'],
    ['IDENTIFY', [-1], 'E_BAD_BODY IDENTIFY invalid body size -1'],
    ['IDENTIFY', [5242881], 'E_BAD_BODY IDENTIFY body too big 5242881 > 5242880'],
    ['AUTH', [0], 'E_BAD_BODY AUTH invalid body size 0'],
    ['AUTH', [5242881], 'E_BAD_BODY AUTH body too big 5242881 > 5242880'],
    ['MPUB t', [0], 'E_BAD_BODY MPUB invalid body size 0'],
    ['MPUB t', [-2], 'E_BAD_BODY MPUB invalid body size -2'],
    ['MPUB t', [5242881], 'E_BAD_BODY MPUB body too big 5242881 > 5242880'],
    ['MPUB t', [4, 0], 'E_BAD_BODY MPUB invalid message count 0'],
    ['MPUB t', [4, -1], 'E_BAD_BODY MPUB invalid message count -1'],
    ['MPUB t', [4, 1048576], 'E_BAD_BODY MPUB invalid message count 1048576'],
    ['MPUB t', [8, 2, 0], 'E_BAD_MESSAGE MPUB invalid message(0) body size 0'],
    ['MPUB t', [8, 2, 4, 0x61616161, -5], 'E_BAD_MESSAGE MPUB invalid message(1) body size -5'],
    ['MPUB t', [8, 2, 1048577], 'E_BAD_MESSAGE MPUB message too big 1048577 > 1048576'],
    ['MPUB t', [8, 2, 4, 0x61616161, MAX_INT], `E_BAD_MESSAGE MPUB message too big ${MAX_INT} > 1048576`],
  ])('%s with %j', (command, numbers, data) => {
    // In these numbers only the last byte can decide.
    expect(refusal(bytesOf(command, '\n', int32(...numbers)))).toBe(data);
  });

  it('takes the greatest message count', () => {
    expect(pushAll(recordingOf({}).reader, [bytesOf('MPUB t\n', int32(4, 1048575))])).toBeUndefined();
  });

  it('stops an MPUB whose messages outgrow max-body-size, whatever length it announced', () => {
    const limits = { maxMsgSize: 10, maxBodySize: 24 };
    const input = bytesOf('MPUB t\n', int32(1, 3, 8), 'x'.repeat(8), int32(5));
    expect(refusal(input, { limits })).toBe('E_BAD_BODY MPUB body too big 25 > 24');
  });
});

describe('a line without end', () => {
  const endless = Buffer.alloc(MAX_LINE_BYTES, 'x');
  it.each([
    ['in one chunk', [endless]],
    ['in two', [endless.subarray(0, 5), endless.subarray(5)]],
    ['byte by byte', singleBytes(endless)],
    ['with its line feed a byte too late', [bytesOf(endless, '\n')]],
    ['with its line feed in the next chunk', [endless.subarray(1), bytesOf('x\n')]],
  ])('closes the connection without a word: %s', (_, chunks) => {
    const recording = new Recording();
    expect(pushAll(recording.reader, chunks)).toMatchObject({ silent: true });
  });
});

describe('the end of the stream', () => {
  it.each<[input: Buffer, data: string | undefined]>([
    [bytesOf(''), undefined],
    [bytesOf('PUB foo'), undefined],
    [bytesOf('NOP\n'), undefined],
    [bytesOf('PUB foo\n'), 'E_BAD_MESSAGE PUB failed to read message body size'],
    [bytesOf('PUB foo\n\0\0'), 'E_BAD_MESSAGE PUB failed to read message body size'],
    [bytesOf('PUB foo\n', int32(5)), 'E_BAD_MESSAGE PUB failed to read message body'],
    [bytesOf('PUB foo\n', int32(5), 'a'), 'E_BAD_MESSAGE PUB failed to read message body'],
    [bytesOf('PUB foo\n', int32(1), 'a'), undefined],
    [bytesOf('DPUB foo 1\n'), 'E_BAD_MESSAGE DPUB failed to read message body size'],
    [bytesOf('DPUB foo 1\n', int32(5)), 'E_BAD_MESSAGE DPUB failed to read message body'],
    [bytesOf('IDENTIFY\n'), 'E_BAD_BODY IDENTIFY failed to read body size'],
    [bytesOf('IDENTIFY\n', int32(3), '{'), 'E_BAD_BODY IDENTIFY failed to read body'],
    [bytesOf('AUTH\n\0'), 'E_BAD_BODY AUTH failed to read body size'],
    [bytesOf('AUTH\n', int32(3)), 'E_BAD_BODY AUTH failed to read body'],
    [bytesOf('MPUB t\n'), 'E_BAD_BODY MPUB failed to read body size'],
    [bytesOf('MPUB t\n', int32(9)), 'E_BAD_BODY MPUB failed to read message count'],
    [bytesOf('MPUB t\n', int32(9), '\0\0'), 'E_BAD_BODY MPUB failed to read message count'],
    [bytesOf('MPUB t\n', int32(9, 2)), 'E_BAD_MESSAGE MPUB failed to read message(0) body size'],
    [bytesOf('MPUB t\n', int32(9, 2), '\0\0'), 'E_BAD_MESSAGE MPUB failed to read message(0) body size'],
    [bytesOf('MPUB t\n', int32(9, 2, 2)), 'E_BAD_MESSAGE MPUB failed to read message body'],
    [bytesOf('MPUB t\n', int32(9, 2, 2), 'a'), 'E_BAD_MESSAGE MPUB failed to read message body'],
    [bytesOf('MPUB t\n', int32(9, 2, 2), 'ab'), 'E_BAD_MESSAGE MPUB failed to read message(1) body size'],
    [bytesOf('MPUB t\n', int32(9, 2, 2), 'ab', int32(2), 'a'), 'E_BAD_MESSAGE MPUB failed to read message body'],
    [bytesOf('MPUB t\n', int32(9, 1, 2), 'ab'), undefined],
  ])('after %j', (input, data) => {
    for (const chunks of [[input], singleBytes(input)]) {
      const { reader } = new Recording();
      expect(pushAll(reader, chunks)).toBeUndefined();
      expect(reader.end()?.data.toString()).toBe(data);
    }
  });
});

it('ends for good when the sink throws', () => {
  const recording = new Recording();
  recording.mpubBegin = () => {
    throw new ProtocolError('E_AUTH_FIRST', 'AUTH required before MPUB');
  };
  expect(() => recording.reader.push(bytesOf('MPUB t\n'))).toThrow('E_AUTH_FIRST AUTH required before MPUB');
  expect(recording.reader.end()).toBeUndefined();
  recording.reader.push(bytesOf('NOP\n'));
  expect(recording.commands).toEqual([]);
});
