import { bytesOf, int32, pushAll } from '../test/recording.js';
import { SizedReader } from './sized-reader.js';

// FrameReader and LookupReplyReader hold the properties; this is the part that they share.
describe('SizedReader', () => {
  it('goes on behind a piece whose size and data were cut apart', () => {
    const seen: string[] = [];
    const reader = new SizedReader((buf, from, to) => seen.push(buf.toString('latin1', from, to)), 'thing', 0, 9);
    const stream = bytesOf(int32(3), 'abc', int32(0), int32(1), 'd');
    for (let place = 0; place <= stream.length; place++) {
      seen.length = 0;
      reader.push(stream.subarray(0, place));
      reader.push(stream.subarray(place));
      expect(seen).toEqual(['abc', '', 'd']);
      expect(reader.pendingBytes).toBe(0);
    }
  });

  it.each([1, 5, -1])('names what had the wrong size %d', (size) => {
    const reader = new SizedReader(() => undefined, 'thing', 2, 4);
    expect(pushAll(reader, [int32(size)])).toMatchObject({
      code: 'E_BAD_MESSAGE',
      message: `E_BAD_MESSAGE thing size ${size} out of range 2-4`,
    });
  });
});
