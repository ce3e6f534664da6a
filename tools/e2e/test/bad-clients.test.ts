import { constants, deflateRawSync } from 'node:zlib';
import { encodePub, encodeRdy, encodeSub } from '@nsq/protocol';
import { Witness } from '../src/fuzz/witness.js';
import { channelStats, peakMemory, resetPeakMemory, residentMemory, tlsFlags, within, type NsqdProcess } from '../src/index.js';
import { Daemons } from './daemon.js';
import { RawClient } from './raw-client.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const TIMEOUT = 120_000;

const daemons = new Daemons();
let nsqd: NsqdProcess;
let witness: Witness;
const clients: RawClient[] = [];

async function start(...flags: string[]): Promise<void> {
  nsqd = await daemons.start(await daemons.folder(), ...flags);
  witness = new Witness();
  await witness.start(nsqd);
  for (let i = 0; i < 200; i++) await witness.check();
}

function open(): RawClient {
  const client = new RawClient(nsqd);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await witness.close();
  await daemons.end();
});

/** Runs `work` while a client on the side goes on; how much more memory the daemon held at most. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  const before = residentMemory(nsqd.pid);
  resetPeakMemory(nsqd.pid);
  const done = new AbortController();
  const side = (async () => {
    while (!done.signal.aborted) await witness.check();
  })();
  try {
    await work();
  } finally {
    done.abort();
    await side;
  }
  return peakMemory(nsqd.pid) - before;
}

const flushed = { finishFlush: constants.Z_SYNC_FLUSH } as const;
const size = (n: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n);
  return bytes;
};

it(
  'bears a gibibyte of commands in a mebibyte of deflate: little memory, others unharmed',
  async () => {
    await start();
    const line = `NOP ${'x'.repeat(16_379)}\n`;
    const piece = deflateRawSync(Buffer.alloc(line.length * 4096, line), flushed);
    const times = Math.ceil(GIB / (line.length * 4096));
    expect(piece.length * times).toBeLessThan(4 * MIB);
    const client = await open().compress('deflate');
    const growth = await growthDuring(async () => {
      for (let i = 0; i < times; i++) client.socket.write(piece);
      client.send(encodePub('t', Buffer.from('end')));
      expect(await within(TIMEOUT, 'the OK behind the bomb', client.next())).toBe('OK');
    });
    expect(growth).toBeLessThan(64 * MIB);
    expect(nsqd.log()).not.toContain(' ERROR: ');
  },
  TIMEOUT,
);

it('refuses a body of a gibibyte, and a line of one, in deflate without inflating them', async () => {
  await start();
  const zeros = deflateRawSync(Buffer.alloc(64 * MIB), flushed);
  const growth = await growthDuring(async () => {
    const body = await open().compress('deflate');
    body.send('PUB t\n', size(GIB));
    for (let i = 0; i < 16; i++) body.socket.write(zeros);
    expect(await body.next()).toBe(`!E_BAD_MESSAGE PUB message too big ${GIB} > ${MIB}`);
    expect(await body.rest()).toEqual([]);
    const line = await open().compress('deflate');
    for (let i = 0; i < 16; i++) line.socket.write(zeros);
    expect(await line.rest()).toEqual([]);
  });
  expect(growth).toBeLessThan(64 * MIB);
}, 60_000);

it('closes a snappy stream with a wrong checksum without a frame, after what came before it', async () => {
  await start();
  const client = await open().compress('snappy');
  const good = client.encode(encodePub('t', Buffer.from('good')));
  const bad = client.encode(encodePub('t', Buffer.from('bad')));
  bad.writeUInt8(bad.readUInt8(4) ^ 1, 4); // type and size come first
  client.socket.write(Buffer.concat([good, bad, client.encode(encodePub('t', Buffer.from('behind')))]));
  expect(await client.rest()).toEqual(['OK']);
  expect(nsqd.log()).toMatch(/ ERROR: TCP: client\(\S+\) - failed to read command - wrong checksum/);
  await witness.check();
});

it('closes clients that stall in their TLS handshake, all others unharmed', async () => {
  await start(...tlsFlags);
  const stalled = Array.from({ length: 100 }, () => open());
  for (const client of stalled) expect(await client.identify({ feature_negotiation: true, tls_v1: true })).toContain('"tls_v1":true');
  await growthDuring(async () => {
    for (const { socket } of stalled) socket.write(Buffer.from('1603010200', 'hex'));
    for (const client of stalled) expect(await client.rest()).toEqual([expect.stringMatching(/^!E_IDENTIFY_FAILED .*: i\/o timeout$/)]);
  });
}, 60_000);

it(
  'closes a consumer that reads nothing, and holds no more for it than its bound',
  async () => {
    await start('--mem-queue-size=10');
    const COUNT = 300;
    const body = Buffer.alloc(MIB / 2, 'x');
    const greedy = open();
    expect(await greedy.identify({ heartbeat_interval: 1000, msg_timeout: 1000 })).toBe('OK');
    expect(await greedy.send(encodeSub('t', 'c'), encodeRdy(2500)).next()).toBe('OK');
    greedy.socket.pause();
    const alive = setInterval(() => greedy.send('NOP\n'), 300);
    const inFlight = async (): Promise<number> => (await channelStats(nsqd, 't')).get('c')?.in_flight_count ?? 0;
    try {
      const growth = await growthDuring(async () => {
        const producer = open();
        for (let i = 0; i < COUNT; i++) expect(await producer.send(encodePub('t', body)).next()).toBe('OK');
        // What it was given comes back when it has been closed: its messages time out.
        const closed = (async () => {
          while (!/ takes no data, closing/.test(nsqd.log()) || (await inFlight()) > 0)
            await new Promise((resolve) => setTimeout(resolve, 50));
        })();
        await within(30_000, 'the end of the greedy one', closed);
      });
      expect(growth).toBeLessThan(160 * MIB);
    } finally {
      clearInterval(alive);
    }
    expect((await channelStats(nsqd, 't')).get('c')?.depth).toBe(COUNT);
  },
  TIMEOUT,
);
