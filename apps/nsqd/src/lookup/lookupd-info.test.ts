import { parseLookupdInfo } from './lookupd-info.js';

const parse = (text: string) => parseLookupdInfo(Buffer.from(text));
const NOTHING = { tcpPort: 0, httpPort: 0, version: '', broadcastAddress: '' };

it('reads what an nsqlookupd says', () => {
  const text = '{"broadcast_address":"b","hostname":"h","http_port":4161,"tcp_port":4160,"version":"1.3.0"}';
  expect(parse(text)).toEqual({ tcpPort: 4160, httpPort: 4161, version: '1.3.0', broadcastAddress: 'b' });
});

it.each([
  ['{}', NOTHING],
  ['null', NOTHING],
  ['{"tcp_port":null,"hostname":5,"more":[1]}', NOTHING],
  ['{"TCP_Port":1,"Version":"x"}', { ...NOTHING, tcpPort: 1, version: 'x' }],
])('takes %s', (text, info) => {
  expect(parse(text)).toEqual(info);
});

it.each([
  'OK',
  '',
  '[]',
  '5',
  '"x"',
  'E_BAD_BODY IDENTIFY missing fields',
  '{"tcp_port":"4160"}',
  '{"http_port":1.5}',
  '{"version":1}',
  '{',
])('refuses %j', (text) => {
  expect(parse(text)).toBeUndefined();
});
