import { assert, jsonValue, property, string } from 'fast-check';
import { ProtocolError } from '@nsq/protocol';
import { decodeIdentifyBody } from './identify-body.js';

const FULL = { broadcast_address: 'b.example', hostname: 'h', http_port: 4151, tcp_port: 4150, version: '1.3.0' };
const decode = (text: string): unknown => decodeIdentifyBody(Buffer.from(text), '1.2.3.4:5');
const with_ = (members: string): string => `${JSON.stringify(FULL).slice(0, -1)},${members}}`;

const info = {
  remoteAddress: '1.2.3.4:5',
  hostname: 'h',
  broadcastAddress: 'b.example',
  tcpPort: 4150,
  httpPort: 4151,
  version: '1.3.0',
};

it.each([
  [JSON.stringify(FULL), info],
  [JSON.stringify(FULL, null, 2), info],
  [with_('"remote_address":"9.9.9.9:9","extra":[1.5,{"tcp_port":"x"}],"topology_zone":"z","tls":true'), info],
  [with_('"HOSTNAME":"Ünï \\"q\\" \\u00e9","Tcp_Port":-7'), { ...info, hostname: 'Ünï "q" é', tcpPort: -7 }],
  [with_('"HOSTNAME":null,"TCP_PORT":null'), info],
  [with_('"hostname":"\\ud800"'), { ...info, hostname: '\ufffd' }],
])('reads %s', (text, expected) => {
  expect(decode(text)).toEqual(expected);
});

it.each([
  '',
  'x',
  '[]',
  '"text"',
  '1',
  'true',
  '{',
  `${JSON.stringify(FULL)}x`,
  with_('"TCP_PORT":"4150"'),
  with_('"TCP_PORT":4150.5'),
  with_('"TCP_PORT":4150.0'),
  with_('"TCP_PORT":4.15e3'),
  with_('"TCP_PORT":["n4150"]'),
  with_('"TCP_PORT":99999999999999999999'),
  with_('"VERSION":1'),
  with_('"Hostname":{}'),
  with_('"remote_address":5'),
  with_('"remote_address":false'),
])('cannot decode %s', (text) => {
  expect(() => decode(text)).toThrow('E_BAD_BODY IDENTIFY failed to decode JSON body');
});

it.each([
  'null',
  '{}',
  ...['broadcast_address', 'http_port', 'tcp_port', 'version'].map((name) => JSON.stringify({ ...FULL, [name]: undefined })),
  JSON.stringify({ ...FULL, version: '' }),
  JSON.stringify({ ...FULL, tcp_port: 0 }),
  JSON.stringify({ ...FULL, version: null }),
])('misses fields in %s', (text) => {
  expect(() => decode(text)).toThrow('E_BAD_BODY IDENTIFY missing fields');
});

it('does not need a hostname', () => {
  expect(decode(JSON.stringify({ ...FULL, hostname: undefined }))).toEqual({ ...info, hostname: '' });
});

it('keeps any text as it is', () => {
  assert(
    property(string({ unit: 'grapheme' }), (text) => {
      expect(decode(JSON.stringify({ ...FULL, hostname: text }))).toEqual({ ...info, hostname: text });
    }),
  );
});

it('throws nothing but protocol errors', () => {
  assert(
    property(jsonValue(), string(), (value, text) => {
      for (const body of [JSON.stringify(value), text, with_(`"x":${JSON.stringify(value)}`)]) {
        try {
          decode(body);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }
    }),
  );
});
