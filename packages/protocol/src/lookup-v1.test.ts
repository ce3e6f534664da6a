import fc from 'fast-check';
import { bytesOf, cut, int32, pushAll, singleBytes } from '../test/recording.js';
import {
  LOOKUP_PING,
  LookupReplyReader,
  MAGIC_LOOKUP_V1,
  encodeLookupIdentify,
  encodeLookupReply,
  encodeRegister,
  encodeUnregister,
} from './lookup-v1.js';

const MIB = 1024 * 1024;
const info = { broadcast_address: 'n1.example', hostname: 'vm', http_port: 20221, tcp_port: 20220, version: '1.3.0' };

it.each([
  [MAGIC_LOOKUP_V1, bytesOf('  V1')],
  [LOOKUP_PING, bytesOf('PING\n')],
  [
    encodeLookupIdentify(info),
    bytesOf(
      'IDENTIFY\n',
      int32(0x67),
      '{"broadcast_address":"n1.example","hostname":"vm","http_port":20221,"tcp_port":20220,"version":"1.3.0"}',
    ),
  ],
  [encodeRegister('orders'), bytesOf('REGISTER orders\n')],
  [encodeRegister('orders', 'archive'), bytesOf('REGISTER orders archive\n')],
  [encodeUnregister('orders'), bytesOf('UNREGISTER orders\n')],
  [encodeUnregister('orders', 'a#ephemeral'), bytesOf('UNREGISTER orders a#ephemeral\n')],
  [encodeLookupReply('OK'), bytesOf(int32(2), 'OK')],
  [encodeLookupReply(Buffer.alloc(0)), int32(0)],
])('encodes %j', (encoded, expected) => {
  expect(encoded).toEqual(expected);
});

it.each(['', 'a b', 'a\nPING', 'a$'])('registers no topic like %j', (name) => {
  for (const encode of [encodeRegister, encodeUnregister]) {
    expect(() => encode(name)).toThrow(/^E_BAD_TOPIC /);
    if (name !== '') expect(() => encode('t', name)).toThrow(/^E_BAD_CHANNEL /);
  }
});

describe('LookupReplyReader', () => {
  it('gives the replies wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 }), fc.array(fc.nat()), (list, places) => {
        const expected = list.map((data) => Buffer.from(data).toString('hex'));
        const stream = Buffer.concat(list.map((data) => encodeLookupReply(Buffer.from(data))));
        for (const chunks of [[stream], cut(stream, places), singleBytes(stream)]) {
          const replies: string[] = [];
          const reader = new LookupReplyReader((data) => replies.push(data.toString('hex')));
          for (const chunk of chunks) reader.push(chunk);
          expect(replies).toEqual(expected);
        }
      }),
    );
  });

  it('takes a reply of 1 MiB', () => {
    const replies: number[] = [];
    new LookupReplyReader((data) => replies.push(data.length)).push(encodeLookupReply(Buffer.alloc(MIB)));
    expect(replies).toEqual([MIB]);
  });

  it.each([-1, MIB + 1])('refuses a reply of size %d', (size) => {
    const error = pushAll(new LookupReplyReader(() => undefined), [int32(size)]);
    expect(error?.message).toBe(`E_BAD_MESSAGE reply size ${size} out of range 0-1048576`);
  });
});
