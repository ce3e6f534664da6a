import fc from 'fast-check';
import { cut, int32, pushAll, singleBytes } from '../test/recording.js';
import {
  CLOSE_WAIT_FRAME,
  FRAME_HEADER_BYTES,
  FrameReader,
  FrameType,
  HEARTBEAT_FRAME,
  OK_FRAME,
  encodeFrame,
  isHeartbeat,
} from './frame.js';

const MAX = 100;

function read(chunks: readonly Buffer[]): { frames: string[]; reader: FrameReader } {
  const frames: string[] = [];
  const reader = new FrameReader((type, data) => frames.push(`${type} ${data.toString('hex')}`), MAX);
  for (const chunk of chunks) reader.push(chunk);
  return { frames, reader };
}

const frames = fc.array(fc.tuple(fc.constantFrom(...Object.values(FrameType)), fc.uint8Array({ maxLength: MAX })), { maxLength: 8 });

describe('frames', () => {
  it('come out as they were encoded, wherever the stream is cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (list, places) => {
        const stream = Buffer.concat(list.map(([type, data]) => encodeFrame(type, Buffer.from(data))));
        const expected = list.map(([type, data]) => `${type} ${Buffer.from(data).toString('hex')}`);
        for (const chunks of [[stream], cut(stream, places), singleBytes(stream)]) {
          const outcome = read(chunks);
          expect(outcome.frames).toEqual(expected);
          expect(outcome.reader.pendingBytes).toBe(0);
        }
      }),
    );
  });

  it.each([
    [OK_FRAME, '00000006000000004f4b'],
    [HEARTBEAT_FRAME, '0000000f000000005f6865617274626561745f'],
    [CLOSE_WAIT_FRAME, '0000000e00000000434c4f53455f57414954'],
    [encodeFrame(FrameType.Error, 'E_BAD_PROTOCOL'), '0000001200000001455f4241445f50524f544f434f4c'],
    [encodeFrame(FrameType.Response, 'é'), '0000000600000000c3a9'],
    [encodeFrame(FrameType.Message, Buffer.alloc(0)), '0000000400000002'],
  ])('have the bytes of the reference: %j', (frame, hex) => {
    expect(frame.toString('hex')).toBe(hex);
  });
});

describe('FrameReader', () => {
  it.each([-1, 0, 3, 4 + MAX + 1, 0x7fffffff])('refuses a frame of size %d with the last byte of the size', (size) => {
    for (const chunks of [[int32(size)], singleBytes(int32(size)), [OK_FRAME, int32(size)]]) {
      const reader = new FrameReader(() => undefined, MAX);
      expect(pushAll(reader, chunks)?.message).toBe(`E_BAD_MESSAGE frame size ${size} out of range 4-104`);
    }
  });

  it('throws nothing but ProtocolErrors for garbage, and holds no more than a frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), fc.boolean(), (bytes, places, small) => {
        const stream = Buffer.from(small ? bytes.map((byte) => byte & 7) : bytes);
        const reader = new FrameReader(() => undefined, MAX);
        if (pushAll(reader, cut(stream, places)) === undefined) expect(reader.pendingBytes).toBeLessThan(4 + 4 + MAX);
      }),
    );
  });

  it('copies a cut frame only, not the whole frames behind it', () => {
    const seen: Buffer[] = [];
    const reader = new FrameReader((_, data) => seen.push(data), MAX);
    const chunk = Buffer.alloc(7 + HEARTBEAT_FRAME.length);
    OK_FRAME.copy(chunk, 0, 3);
    HEARTBEAT_FRAME.copy(chunk, 7);
    reader.push(OK_FRAME.subarray(0, 3));
    reader.push(chunk);
    expect(seen.map(String)).toEqual(['OK', '_heartbeat_']);
    expect(seen.map((data) => data.buffer === chunk.buffer)).toEqual([false, true]);
  });

  it('tells how much of an unfinished frame it holds', () => {
    const { reader } = read([OK_FRAME, HEARTBEAT_FRAME.subarray(0, 9)]);
    expect(reader.pendingBytes).toBe(9);
  });
});

it('knows a heartbeat by type and content', () => {
  const data = HEARTBEAT_FRAME.subarray(FRAME_HEADER_BYTES);
  expect(isHeartbeat(FrameType.Response, data)).toBe(true);
  expect(isHeartbeat(FrameType.Message, data)).toBe(false);
  expect(isHeartbeat(FrameType.Response, Buffer.from('_heartbeat'))).toBe(false);
});
