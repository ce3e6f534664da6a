import { encodeFin, encodePub, encodeRdy, encodeSub, type IdentifyRequest } from '@nsq/protocol';
import { channelStats, type NsqdProcess } from '../src/index.js';
import { Daemons } from './daemon.js';
import { RawClient } from './raw-client.js';

const daemons = new Daemons();
const clients: RawClient[] = [];
let nsqd: NsqdProcess;

beforeAll(async () => {
  nsqd = await daemons.start(
    await daemons.folder(),
    '--max-rdy-count=5',
    '--max-channel-consumers=2',
    '--max-msg-size=100',
    '--max-body-size=200',
    '--max-output-buffer-size=1000',
    '--min-output-buffer-timeout=100ms',
    '--max-output-buffer-timeout=2s',
    '--max-heartbeat-interval=10s',
    '--max-msg-timeout=20s',
    '--max-req-timeout=3s',
    '--max-deflate-level=2',
  );
});
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.destroy();
});
afterAll(() => daemons.end());

function open(): RawClient {
  const client = new RawClient(nsqd);
  clients.push(client);
  return client;
}

it.each<[IdentifyRequest, string]>([
  [{ output_buffer_size: 1000, output_buffer_timeout: 100 }, 'OK'],
  [{ output_buffer_size: 64, output_buffer_timeout: 2000 }, 'OK'],
  [{ output_buffer_size: -1, output_buffer_timeout: -1 }, 'OK'],
  [{ output_buffer_size: 63 }, '!E_BAD_BODY IDENTIFY output buffer size (63) is invalid'],
  [{ output_buffer_size: 1001 }, '!E_BAD_BODY IDENTIFY output buffer size (1001) is invalid'],
  [{ output_buffer_size: -2 }, '!E_BAD_BODY IDENTIFY output buffer size (-2) is invalid'],
  [{ output_buffer_timeout: 99 }, '!E_BAD_BODY IDENTIFY output buffer timeout (99) is invalid'],
  [{ output_buffer_timeout: 2001 }, '!E_BAD_BODY IDENTIFY output buffer timeout (2001) is invalid'],
  [{ heartbeat_interval: 10_000 }, 'OK'],
  [{ heartbeat_interval: 10_001 }, '!E_BAD_BODY IDENTIFY heartbeat interval (10001) is invalid'],
  [{ msg_timeout: 20_001 }, '!E_BAD_BODY IDENTIFY msg timeout (20001) is invalid'],
  [{ sample_rate: 100 }, '!E_BAD_BODY IDENTIFY sample rate (100) is invalid'],
])('answers IDENTIFY with %j: %s', async (request, answer) => {
  expect(await open().identify(request)).toBe(answer);
});

it('shows its bounds to a client that negotiates', async () => {
  const answer = JSON.parse(await open().identify({ feature_negotiation: true, output_buffer_size: 500 })) as unknown;
  expect(answer).toMatchObject({ max_rdy_count: 5, max_msg_timeout: 20_000, max_deflate_level: 2, output_buffer_size: 500 });
});

it.each([
  [Buffer.from('PUB t\n\0\0\0\x65'), '!E_BAD_MESSAGE PUB message too big 101 > 100'],
  [Buffer.from('MPUB t\n\0\0\0\xc9', 'latin1'), '!E_BAD_BODY MPUB body too big 201 > 200'],
  [Buffer.from('DPUB t 3001\n'), '!E_INVALID DPUB timeout 3001 out of range 0-3000'],
  [Buffer.from('SUB t c\nRDY 6\n'), '!E_INVALID RDY count 6 out of range 0-5'],
])('refuses %s', async (command, error) => {
  expect((await open().send(command).rest()).at(-1)).toBe(error);
});

it('takes no third consumer on a channel, and no message beyond RDY', async () => {
  const [first, second, third] = [open(), open(), open()];
  for (const client of [first, second]) expect(await client.send(encodeSub('full', 'c')).next()).toBe('OK');
  expect(await third.send(encodeSub('full', 'c')).rest()).toEqual(['!E_SUB_FAILED SUB failed consumers for full:c exceeds limit of 2']);
  first.send(encodeRdy(5));
  const producer = open();
  for (let i = 0; i < 8; i++) expect(await producer.send(encodePub('full', Buffer.from(`${i}`))).next()).toBe('OK');
  for (let i = 0; i < 5; i++) expect(await first.next()).toBe(`${i}`);
  // A FIN that fails is answered behind all that was delivered before it.
  expect(await first.send(encodeFin('0123456789abcdef')).next()).toBe('!E_FIN_FAILED FIN 0123456789abcdef failed ID not in flight');
  expect((await channelStats(nsqd, 'full')).get('c')).toMatchObject({ in_flight_count: 5, depth: 3 });
});

it('drops what a sample leaves out', async () => {
  const COUNT = 2000;
  const client = open();
  expect(await client.identify({ sample_rate: 49 })).toBe('OK');
  expect(await client.send(encodeSub('sampled', 'c'), encodeRdy(5)).next()).toBe('OK');
  client.answer((id) => client.send(encodeFin(id)));
  const producer = open();
  for (let i = 0; i < COUNT; i++) expect(await producer.send(encodePub('sampled', Buffer.from('x'))).next()).toBe('OK');
  let stats = (await channelStats(nsqd, 'sampled')).get('c');
  while (stats === undefined || stats.depth + stats.in_flight_count > 0) stats = (await channelStats(nsqd, 'sampled')).get('c');
  // One in two; nine standard deviations either way.
  expect(Math.abs(client.delivered - COUNT / 2)).toBeLessThan(9 * Math.sqrt(COUNT / 4));
});
