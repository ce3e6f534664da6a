import fc from 'fast-check';
import { Recording, bytesOf, cut, int32, pushAll } from '../test/recording.js';
import { streams } from '../test/streams.js';

describe('pause', () => {
  it('loses, repeats and reorders nothing when every command pauses', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(), { maxLength: 10 }), ({ bytes, expected }, places) => {
        const recording = new Recording();
        const { reader } = recording;
        recording.onCommand = () => reader.pause();
        for (const chunk of cut(bytes, places)) {
          reader.push(chunk);
          while (reader.paused) {
            const before = recording.commands.length;
            reader.resume();
            expect(recording.commands.length - before).toBeLessThanOrEqual(1);
          }
        }
        expect(recording.commands).toEqual(expected);
      }),
    );
  });

  it('keeps what is pushed meanwhile, in order', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(), { maxLength: 10 }), ({ bytes, expected }, places) => {
        const recording = new Recording();
        const { reader } = recording;
        recording.onCommand = () => reader.pause();
        for (const chunk of cut(bytes, places)) reader.push(chunk);
        expect(recording.commands).toEqual(expected.slice(0, 1));
        while (reader.paused) reader.resume();
        expect(recording.commands).toEqual(expected);
      }),
    );
  });

  it('may come from outside, in the midst of a command', () => {
    const stream = bytesOf('PUB t\n', int32(2), 'ab', 'MPUB t\n', int32(9, 1, 2), 'cd', 'NOP\n');
    for (let place = 0; place <= stream.length; place++) {
      const recording = new Recording();
      const [first = stream, second = stream] = cut(stream, [place]);
      recording.reader.push(first);
      recording.reader.pause();
      const before = recording.commands;
      recording.reader.push(second);
      expect(recording.commands).toEqual(before);
      recording.reader.resume();
      expect(recording.commands).toEqual(['PUB t 6162', 'MPUB begins t', 'MPUB 1 6364', 'NOP']);
    }
  });

  it('does nothing when the same sink call resumes', () => {
    const recording = new Recording();
    recording.onCommand = () => {
      recording.reader.pause();
      recording.reader.resume();
    };
    recording.reader.push(bytesOf('NOP\nNOP\n'));
    expect(recording.commands).toEqual(['NOP', 'NOP']);
  });

  it('lets resume throw what the held bytes deserve', () => {
    const recording = new Recording();
    recording.onCommand = () => recording.reader.pause();
    recording.reader.push(bytesOf('NOP\nFOO\nNOP\n'));
    expect(() => recording.reader.resume()).toThrow('E_INVALID invalid command FOO');
    expect(recording.commands).toEqual(['NOP']);
  });
});

describe('takeRest', () => {
  it('gives exactly what came behind each command', () => {
    const parts = [
      bytesOf('IDENTIFY\n', int32(2), '{}'),
      bytesOf('AUTH\n', int32(1), 's'),
      bytesOf('PUB t\n', int32(1), 'a'),
      bytesOf('MPUB t\n', int32(9, 1, 1), 'b'),
      bytesOf('SUB t c\n'),
      bytesOf('FIN 0123456789abcdef\n'),
      bytesOf('CLS\n'),
      bytesOf('\x16\x03\x01 not a command'),
    ];
    const stream = Buffer.concat(parts);
    for (let whole = 1; whole < parts.length; whole++) {
      const rest = Buffer.concat(parts.slice(whole));
      const boundary = stream.length - rest.length;
      for (const places of [[], [boundary], [boundary - 1], [boundary + 1], [boundary - 3, boundary + 2]]) {
        const recording = new Recording();
        let commands = 0;
        recording.onCommand = () => {
          // An MPUB is noted when it begins, too.
          const last = whole >= 4 ? whole + 1 : whole;
          if (++commands === last) recording.reader.pause();
        };
        expect(pushAll(recording.reader, cut(stream, places))).toBeUndefined();
        expect(recording.reader.takeRest()).toEqual(rest);
        expect(recording.reader.takeRest()).toHaveLength(0);
      }
    }
  });

  it('leaves a reader that goes on with what another layer unwraps', () => {
    const recording = new Recording();
    recording.onCommand = () => recording.reader.pause();
    recording.reader.push(bytesOf('IDENTIFY\n', int32(2), '{}', 'wrapped'));
    recording.onCommand = () => undefined;
    expect(recording.reader.takeRest().toString()).toBe('wrapped');
    recording.reader.resume();
    recording.reader.push(bytesOf('NOP\n'));
    expect(recording.commands).toEqual(['IDENTIFY 7b7d', 'NOP']);
  });

  it('gives an unfinished line', () => {
    const { reader } = new Recording();
    reader.push(bytesOf('NOP\nPU'));
    reader.push(bytesOf('B'));
    expect(reader.takeRest().toString()).toBe('PUB');
  });

  it('refuses inside a sink call, where it would miss the rest of the chunk', () => {
    const recording = new Recording();
    recording.onCommand = () => recording.reader.takeRest();
    expect(() => recording.reader.push(bytesOf('NOP\nrest'))).toThrow('takeRest inside a sink call');
  });
});
