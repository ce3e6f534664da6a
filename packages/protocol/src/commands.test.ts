import { bytesOf, int32 } from '../test/recording.js';
import {
  CLS,
  MAGIC_V2,
  NOP,
  encodeAuth,
  encodeDpub,
  encodeFin,
  encodeIdentify,
  encodeMpub,
  encodePub,
  encodeRdy,
  encodeReq,
  encodeSub,
  encodeTouch,
} from './commands.js';

const ID = '18a464b5d1269000';

// That every command is read back is a property of CommandReader's tests; here stand the bytes.
it.each([
  [MAGIC_V2, bytesOf('  V2')],
  [NOP, bytesOf('NOP\n')],
  [CLS, bytesOf('CLS\n')],
  [encodePub('orders', Buffer.from('test')), bytesOf('PUB orders\n', int32(4), 'test')],
  [encodeMpub('orders', [Buffer.from('a'), Buffer.from('bc')]), bytesOf('MPUB orders\n', int32(15, 2, 1), 'a', int32(2), 'bc')],
  [encodeDpub('orders', 500, Buffer.from('test')), bytesOf('DPUB orders 500\n', int32(4), 'test')],
  [
    encodeIdentify({ client_id: 'c1', feature_negotiation: true }),
    bytesOf('IDENTIFY\n', int32(45), '{"client_id":"c1","feature_negotiation":true}'),
  ],
  [encodeIdentify({ hostname: 'é' }), bytesOf('IDENTIFY\n', int32(17), '{"hostname":"\xc3\xa9"}')],
  [encodeAuth('secret'), bytesOf('AUTH\n', int32(6), 'secret')],
  [encodeAuth(Buffer.of(0, 255)), bytesOf('AUTH\n', int32(2), '\0\xff')],
  [encodeSub('orders', 'billing#ephemeral'), bytesOf('SUB orders billing#ephemeral\n')],
  [encodeRdy(10), bytesOf('RDY 10\n')],
  [encodeFin(ID), bytesOf(`FIN ${ID}\n`)],
  [encodeTouch(ID), bytesOf(`TOUCH ${ID}\n`)],
  [encodeReq(ID, 5000), bytesOf(`REQ ${ID} 5000\n`)],
])('encodes %j', (encoded, expected) => {
  expect(encoded).toEqual(expected);
});

it.each(['', 't x', 't\nFIN', 't\n', 't$', '#ephemeral', 'é', 'a'.repeat(65)])('lets no name like %j smuggle anything in', (name) => {
  const body = Buffer.from('a');
  for (const encode of [
    () => encodePub(name, body),
    () => encodeMpub(name, [body]),
    () => encodeDpub(name, 0, body),
    () => encodeSub(name, 'c'),
  ]) {
    expect(encode).toThrow(/^E_BAD_TOPIC /);
  }
  expect(() => encodeSub('t', name)).toThrow(/^E_BAD_CHANNEL /);
});

it.each([-1, 1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d where nsqd takes digits only', (value) => {
  for (const encode of [() => encodeRdy(value), () => encodeReq(ID, value), () => encodeDpub('t', value, Buffer.from('a'))]) {
    expect(encode).toThrow(RangeError);
  }
});
