import fc from 'fast-check';
import { ProtocolError } from './errors.js';
import { checkIdentify, decodeIdentify, type IdentifyRequest } from './identify.js';

const BOUNDS = {
  maxHeartbeatInterval: 60_000,
  maxOutputBufferSize: 65_536,
  minOutputBufferTimeout: 25,
  maxOutputBufferTimeout: 30_000,
  maxMsgTimeout: 900_000,
};
const UNDECODED = 'E_BAD_BODY IDENTIFY failed to decode JSON body';

describe('decodeIdentify', () => {
  it.each<[json: string, request: IdentifyRequest]>([
    ['{}', {}],
    ['null', {}],
    [' \t\r\n{} \n', {}],
    ['{"client_id":"a","hostname":"b","user_agent":"c"}', { client_id: 'a', hostname: 'b', user_agent: 'c' }],
    ['{"CLIENT_ID":"a","Feature_Negotiation":true}', { client_id: 'a', feature_negotiation: true }],
    ['{"tls_v1":true,"snappy":false,"deflate":true,"deflate_level":-5}', { tls_v1: true, snappy: false, deflate: true, deflate_level: -5 }],
    ['{"short_id":1,"long_id":[],"x":{"client_id":"no"},"__proto__":{"client_id":"no"}}', {}],
    ['{"client_id":"a","client_id":"b"}', { client_id: 'b' }],
    ['{"client_id":"a","CLIENT_ID":"b","client_id":"c"}', { client_id: 'c' }],
    ['{"client_id":"a","client_id":null}', { client_id: 'a' }],
    ['{"client_id":null,"heartbeat_interval":null,"snappy":null}', {}],
    [
      '{"heartbeat_interval":-1,"output_buffer_size":-1,"output_buffer_timeout":-1}',
      { heartbeat_interval: -1, output_buffer_size: -1, output_buffer_timeout: -1 },
    ],
    ['{"sample_rate":2147483647,"msg_timeout":0}', { sample_rate: 2_147_483_647, msg_timeout: 0 }],
    ['{"sample_rate":-0}', { sample_rate: 0 }],
    ['{"heartbeat_interval":9223372036854775807}', { heartbeat_interval: 2 ** 63 }],
    ['{"heartbeat_interval":-9223372036854775808}', { heartbeat_interval: -(2 ** 63) }],
    ['{"client_id":"\\ud800x\\u00e9"}', { client_id: '\ufffdxé' }],
  ])('%s', (json, request) => {
    expect(decodeIdentify(Buffer.from(json))).toEqual(request);
  });

  it('replaces bytes in strings that are no UTF-8', () => {
    expect(decodeIdentify(Buffer.from('{"client_id":"\xff"}', 'latin1'))).toEqual({ client_id: '\ufffd' });
  });

  it.each([
    '[]',
    '"a"',
    '1',
    'true',
    '{} x',
    '{}{}',
    'x',
    '{',
    '{"client_id":}',
    '\ufeff{}',
    '{"client_id":1}',
    '{"client_id":{}}',
    '{"hostname":true}',
    '{"snappy":1}',
    '{"snappy":"true"}',
    '{"tls_v1":0}',
    '{"heartbeat_interval":"1000"}',
    '{"heartbeat_interval":30000.0}',
    '{"heartbeat_interval":3e4}',
    '{"heartbeat_interval":1.5}',
    '{"heartbeat_interval":[1]}',
    '{"heartbeat_interval":true}',
    '{"heartbeat_interval":9223372036854775808}',
    '{"heartbeat_interval":-9223372036854775809}',
    '{"heartbeat_interval":100000000000000000000}',
    '{"sample_rate":2147483648}',
    '{"sample_rate":-2147483649}',
    '{"client_id":1,"client_id":"a"}',
    `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  ])('refuses %.60s', (json) => {
    expect(() => decodeIdentify(Buffer.from(json))).toThrow(UNDECODED);
  });

  it('throws nothing but the one error, whatever comes', () => {
    const json = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('client_id', 'Snappy', 'sample_rate', 'msg_timeout'), fc.jsonValue())
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(json, fc.boolean(), (text, short) => {
        try {
          decodeIdentify(Buffer.from(short ? text.slice(0, -1) : text));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect((error as ProtocolError).message).toBe(UNDECODED);
        }
      }),
    );
  });

  it('gives back what was encoded', () => {
    const requests = fc.record(
      {
        client_id: fc.string(),
        snappy: fc.boolean(),
        msg_timeout: fc.integer(),
        sample_rate: fc.integer(),
        deflate_level: fc.maxSafeInteger(),
      },
      { requiredKeys: [] },
    );
    fc.assert(fc.property(requests, (request) => expect(decodeIdentify(Buffer.from(JSON.stringify(request)))).toEqual(request)));
  });
});

describe('checkIdentify', () => {
  it.each<[field: keyof IdentifyRequest, text: string, good: number[], bad: number[]]>([
    ['heartbeat_interval', 'heartbeat interval', [0, -1, 1000, 60_000], [-2, 1, 999, 60_001]],
    ['output_buffer_timeout', 'output buffer timeout', [0, -1, 25, 30_000], [-2, 24, 30_001]],
    ['output_buffer_size', 'output buffer size', [0, -1, 64, 65_536], [-2, 63, 65_537]],
    ['sample_rate', 'sample rate', [0, 1, 99], [-1, 100]],
    ['msg_timeout', 'msg timeout', [0, 1000, 900_000], [-1, 999, 900_001]],
  ])('%s', (field, text, good, bad) => {
    checkIdentify({}, BOUNDS);
    for (const value of good) checkIdentify({ [field]: value }, BOUNDS);
    for (const value of bad) {
      expect(() => checkIdentify({ [field]: value }, BOUNDS)).toThrow(`E_BAD_BODY IDENTIFY ${text} (${value}) is invalid`);
    }
  });

  it('names the first wrong value in the order of the reference', () => {
    const wrong: IdentifyRequest = {
      msg_timeout: 1,
      sample_rate: 100,
      output_buffer_size: 1,
      output_buffer_timeout: 1,
      heartbeat_interval: 1,
    };
    const named: string[] = [];
    for (const field of ['heartbeat_interval', 'output_buffer_timeout', 'output_buffer_size', 'sample_rate', 'msg_timeout'] as const) {
      try {
        checkIdentify(wrong, BOUNDS);
      } catch (error) {
        named.push((error as Error).message);
      }
      wrong[field] = 0;
    }
    expect(named.map((text) => text.replace(/^E_BAD_BODY IDENTIFY | \(.*/g, ''))).toEqual([
      'heartbeat interval',
      'output buffer timeout',
      'output buffer size',
      'sample rate',
      'msg timeout',
    ]);
    expect(() => checkIdentify(wrong, BOUNDS)).not.toThrow();
  });

  it('lets any deflate level pass', () => {
    for (const deflate_level of [-5, 0, 7, 100]) checkIdentify({ deflate_level }, BOUNDS);
  });
});
