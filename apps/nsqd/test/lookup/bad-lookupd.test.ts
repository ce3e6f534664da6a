import { encodeLookupReply, encodePub } from '@nsq/protocol';
import { eventually, withDaemon } from '../tcp/daemon.js';
import { heldBytes } from '../tcp/memory.js';
import { FakeLookupd, type Answering } from './fake-lookupd.js';

const MAX_GROWTH_BYTES = 32 * 1024 * 1024;

let good: FakeLookupd;
let bad: FakeLookupd;

beforeEach(async () => {
  good = await FakeLookupd.start();
  bad = await FakeLookupd.start();
});
afterEach(() => Promise.all([good.close(), bad.close()]));

function size(bytes: number): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(bytes);
  return prefix;
}

const only =
  (answer: Buffer): Answering =>
  () =>
    answer;
const MISBEHAVIOURS: readonly (readonly [string, Answering])[] = [
  ['garbage', only(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))],
  ['an enormous length', only(size(0x7fffffff))],
  ['a negative length', only(size(-1))],
  ['a length that it never fills', only(Buffer.concat([size(5_000_000), Buffer.alloc(1_000)]))],
  ['half a length', only(Buffer.alloc(2))],
  ['nothing', () => null],
  ['the end of the connection', (_, { socket }) => (socket.destroy(), null)],
  ['a huge JSON', only(encodeLookupReply(JSON.stringify({ version: 'x'.repeat(4_000_000) })))],
  ['JSON of the wrong kind', only(encodeLookupReply('{"tcp_port":"4160"}'))],
  ['E_INVALID', only(encodeLookupReply('E_INVALID'))],
  [
    'an answer and more than that',
    (line, { lines }) => Buffer.concat(Array.from({ length: 50 }, () => (lines.length === 1 ? bad.identity : size(0)))),
  ],
];

describe.each(MISBEHAVIOURS)('an nsqlookupd that answers with %s', (_, answer) => {
  it('is tried again and again, and disturbs nobody', async () => {
    bad.answer = answer;
    await withDaemon({ nsqlookupdTcpAddresses: [bad.address, good.address], logLevel: 'fatal' }, async (daemon) => {
      const publisher = await daemon.client();
      const before = heldBytes();
      for (let topic = 0; topic < 3; topic++) {
        await publisher.send(encodePub(`t${topic}`, Buffer.from('message'))).ok();
        await good.heard(`REGISTER t${topic}`);
      }
      await bad.connections(3);
      expect(bad.sessions.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(2);
      expect(heldBytes() - before).toBeLessThan(MAX_GROWTH_BYTES);
      expect(good.sessions).toHaveLength(1);
      expect(daemon.nsqd.lookupStatus.connected).toBeGreaterThanOrEqual(1);
      await eventually('all is registered', () => good.sessions[0]?.lines.length === 4);
    });
  }, 30_000);
});
