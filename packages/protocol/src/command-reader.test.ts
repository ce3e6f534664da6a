import fc from 'fast-check';
import { Recording, bytesOf, cut, int32, pushAll, singleBytes } from '../test/recording.js';
import { streams } from '../test/streams.js';
import { MAX_LINE_BYTES } from './command-reader.js';
import { ConnectionState } from './command-sink.js';
import { encodeFin, encodeMpub, encodePub } from './commands.js';

const ID = '18a464b5d1269000';

function read(chunks: readonly Buffer[], state: ConnectionState = ConnectionState.Init): string[] {
  const recording = new Recording();
  recording.reader.state = state;
  for (const chunk of chunks) recording.reader.push(chunk);
  return recording.commands;
}

describe('a stream of commands', () => {
  it('comes out as it was encoded', () => {
    fc.assert(fc.property(streams, ({ bytes, expected }) => expect(read([bytes])).toEqual(expected)));
  });

  it('comes out the same wherever it is cut', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(), { maxLength: 40 }), ({ bytes, expected }, places) =>
        expect(read(cut(bytes, places))).toEqual(expected),
      ),
    );
  });

  it('comes out the same one byte at a time', () => {
    fc.assert(fc.property(streams, ({ bytes, expected }) => expect(read(singleBytes(bytes))).toEqual(expected)));
  });

  it('comes out in order when a sink call pushes more', () => {
    fc.assert(
      fc.property(streams, fc.nat(), ({ bytes, expected }, place) => {
        const recording = new Recording();
        const [first = bytes, second = bytes] = cut(bytes, [place]);
        recording.onCommand = () => {
          recording.onCommand = () => undefined;
          recording.reader.push(second);
        };
        recording.reader.push(first);
        if (recording.commands.length === 0) {
          recording.onCommand = () => undefined;
          recording.reader.push(second);
        }
        expect(recording.commands).toEqual(expected);
      }),
    );
  });
});

describe('command lines', () => {
  it.each([
    ['NOP\n', ['NOP']],
    ['NOP\r\n', ['NOP']],
    ['NOP and more\n', ['NOP']],
    ['RDY\n', ['RDY 1']],
    ['RDY \n', ['RDY 0']],
    ['RDY 0\n', ['RDY 0']],
    ['RDY 2500\n', ['RDY 2500']],
    ['RDY 18446744073709551617\n', ['RDY 1']],
    ['RDY 5 x\r\n', ['RDY 5']],
    [`FIN ${ID}\n`, [`FIN ${ID} 413426869 -786001920`]],
    [`FIN ${ID}\r\n`, [`FIN ${ID} 413426869 -786001920`]],
    [`FIN ${ID} x\n`, [`FIN ${ID} 413426869 -786001920`]],
    ['FIN zzzzzzzzzzzzzzzz\n', ['FIN zzzzzzzzzzzzzzzz NaN NaN']],
    ['FIN 18A464B5d1269000\n', ['FIN 18A464B5d1269000 NaN -786001920']],
    [`TOUCH ${ID} x\n`, [`TOUCH ${ID} 413426869 -786001920`]],
    [`REQ ${ID} \n`, [`REQ ${ID} 413426869 -786001920 0`]],
    [`REQ ${ID} 3600000 x\n`, [`REQ ${ID} 413426869 -786001920 3600000`]],
    [`REQ ${ID} 3600001\n`, [`REQ ${ID} 413426869 -786001920 3600000`]],
    [`REQ ${ID} 18446744073709551615\n`, [`REQ ${ID} 413426869 -786001920 0`]],
    [`REQ ${ID} 9223372036855\n`, [`REQ ${ID} 413426869 -786001920 0`]],
    ['CLS x\n', ['CLS']],
    // The id ends early, so the fast way of FIN must not take the next line for a part of it.
    ['FIN 0123456789abcde\r\n', undefined],
  ])('%j of a subscribed client', (line, expected) => {
    const recording = new Recording();
    recording.reader.state = ConnectionState.Subscribed;
    const error = pushAll(recording.reader, [Buffer.from(line)]);
    if (expected === undefined) expect(error?.data.toString()).toBe('E_INVALID invalid message ID');
    else {
      expect(error).toBeUndefined();
      expect(recording.commands).toEqual(expected);
    }
  });

  it('ignores what comes behind the parameters', () => {
    expect(read([bytesOf('PUB foo x y\n', int32(1), 'a')])).toEqual(['PUB foo 61']);
    expect(read([bytesOf('PUB foo x\n', int32(1), 'a', 'PUB foo x\r\n', int32(1), 'b')])).toEqual(['PUB foo 61', 'PUB foo 62']);
    expect(read([bytesOf('DPUB foo  x\n', int32(1), 'a')])).toEqual(['DPUB foo 0 61']);
    expect(read([bytesOf('IDENTIFY x\n', int32(2), '{}')])).toEqual(['IDENTIFY 7b7d']);
    expect(read([bytesOf('SUB t c x\n')])).toEqual(['SUB t c']);
  });

  it(`may have ${MAX_LINE_BYTES} bytes with the line feed`, () => {
    const line = bytesOf('NOP ', 'x'.repeat(MAX_LINE_BYTES - 5), '\n');
    expect(read([line])).toEqual(['NOP']);
    expect(read(singleBytes(line))).toEqual(['NOP']);
    expect(read([bytesOf('NOP\n', line, line)])).toEqual(['NOP', 'NOP', 'NOP']);
  });

  it('does not take one topic for another that begins alike', () => {
    const stream = ['tt', 't', 'ttt', 'tt', 'tt'].map((topic) => encodePub(topic, Buffer.from('a')));
    expect(read(stream)).toEqual(['PUB tt 61', 'PUB t 61', 'PUB ttt 61', 'PUB tt 61', 'PUB tt 61']);
    expect(read([Buffer.concat(stream)])).toEqual(read(stream));
  });
});

describe('bodies', () => {
  it('passes ranges of the chunk itself when it holds the whole command', () => {
    const chunk = Buffer.concat([encodePub('t', Buffer.from('a')), encodePub('t', Buffer.from('b'))]);
    const seen: Buffer[] = [];
    const recording = new Recording();
    recording.pub = (_topic, bytes) => seen.push(bytes);
    recording.reader.push(chunk);
    expect(seen).toHaveLength(2);
    for (const bytes of seen) expect(bytes).toBe(chunk);
  });

  it('takes a message and a body of the greatest size, and a line, length, count or size cut anywhere', () => {
    const limits = { maxMsgSize: 10, maxBodySize: 4 + 3 * 5 };
    const stream = bytesOf(encodePub('t', Buffer.alloc(10, 1)), encodeMpub('t', [Buffer.of(1), Buffer.of(2), Buffer.of(3)]));
    for (let place = 0; place <= stream.length; place++) {
      const recording = new Recording(limits);
      expect(pushAll(recording.reader, cut(stream, [place]))).toBeUndefined();
      expect(recording.commands).toEqual(['PUB t 01010101010101010101', 'MPUB begins t', 'MPUB 3 01 02 03']);
    }
  });

  it.each([1, 9, 4000])('does not compare the length of an MPUB (%d) with its messages', (length) => {
    const stream = bytesOf('MPUB t\n', int32(length, 2, 1), 'a', int32(2), 'bc', 'NOP\n');
    expect(read([stream])).toEqual(['MPUB begins t', 'MPUB 2 61 6263', 'NOP']);
    expect(read(singleBytes(stream))).toEqual(['MPUB begins t', 'MPUB 2 61 6263', 'NOP']);
  });

  it('announces an MPUB as soon as its line is there', () => {
    expect(read([bytesOf('MPUB t\n')])).toEqual(['MPUB begins t']);
  });
});

it('reads commands in the closing state that a consumer needs to wind up', () => {
  const stream = bytesOf(encodeFin(ID), 'RDY xyz\nRDY\nNOP\n', encodePub('t', Buffer.from('a')));
  expect(read([stream], ConnectionState.Closing)).toEqual([`FIN ${ID} 413426869 -786001920`, 'NOP', 'PUB t 61']);
});
