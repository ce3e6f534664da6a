import { assert, asyncProperty, string, uint8Array } from 'fast-check';
import { encodeLookupIdentify } from '@nsq/protocol';
import { peerInfo } from '../client.js';
import { eventually, withDaemon } from '../daemon.js';

const V1 = '  V1';
const IDENTIFY = encodeLookupIdentify(peerInfo()).toString('latin1');
const INFO = expect.stringMatching(
  /^\{"broadcast_address":"lookup","hostname":".*","http_port":\d+,"tcp_port":\d+,"version":"1\.3\.0"\}$/,
) as string;
const size = (n: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n);
  return bytes.toString('latin1');
};

it.each<[string, string[]]>([
  ['GET / HTTP/1.1\r\n\r\n', ['E_BAD_PROTOCOL']],
  ['  v1', ['E_BAD_PROTOCOL']],
  ['  V', []],
  ['', []],
  [`${V1}PING`, []],
  [`${V1}ping\n`, ['E_INVALID invalid command ping']],
  [`${V1}\n`, ['E_INVALID invalid command ']],
  [`${V1}\xff\x00\n`, ['E_INVALID invalid command \xff\x00']],
  [`${V1}PING\nPING x y\r\n PING\nNOP\nPING\n`, ['OK', 'OK', 'OK', 'E_INVALID invalid command NOP']],
  [V1 + 'x'.repeat(100_000), ['E_INVALID command line too long']],
  [`${V1}REGISTER t\n`, ['E_INVALID client must IDENTIFY']],
  [`${V1}UNREGISTER\n`, ['E_INVALID client must IDENTIFY']],
  [`${V1}IDENTIFY\n`, ['E_BAD_BODY IDENTIFY failed to read body size']],
  [`${V1}IDENTIFY\n\0\0`, ['E_BAD_BODY IDENTIFY failed to read body size']],
  [`${V1}IDENTIFY\n${size(10)}{}`, ['E_BAD_BODY IDENTIFY failed to read body']],
  [`${V1}IDENTIFY\n${size(-1)}`, ['E_BAD_BODY IDENTIFY failed to read body']],
  [`${V1}IDENTIFY\n${size(0x7fffffff)}`, ['E_BAD_BODY IDENTIFY failed to read body']],
  [`${V1}IDENTIFY\n${size(2)}[]`, ['E_BAD_BODY IDENTIFY failed to decode JSON body']],
  [`${V1}IDENTIFY\n${size(2)}{}`, ['E_BAD_BODY IDENTIFY missing fields']],
  [`${V1}${IDENTIFY}IDENTIFY\n`, [INFO, 'E_INVALID cannot IDENTIFY again']],
  [`${V1}${IDENTIFY}REGISTER\n`, [INFO, 'E_INVALID REGISTER insufficient number of params']],
  [`${V1}${IDENTIFY}UNREGISTER \n`, [INFO, 'E_INVALID UNREGISTER insufficient number of params']],
  [`${V1}${IDENTIFY}REGISTER  t\n`, [INFO, "E_BAD_TOPIC REGISTER topic name '' is not valid"]],
  [`${V1}${IDENTIFY}REGISTER *\n`, [INFO, "E_BAD_TOPIC REGISTER topic name '*' is not valid"]],
  [`${V1}${IDENTIFY}UNREGISTER t \xe9\n`, [INFO, "E_BAD_CHANNEL UNREGISTER channel name '\xe9' is not valid"]],
  [`${V1}${IDENTIFY}REGISTER t  c\nREGISTER u c x\nPING\n`, [INFO, 'OK', 'OK', 'OK']],
])('answers %j with %j and closes', async (sends, gets) => {
  await withDaemon({ broadcastAddress: 'lookup' }, async (daemon) => {
    const client = daemon.connect().send(sends).finish();
    expect(await client.rest()).toEqual(gets);
    await eventually('the connection is forgotten', () => daemon.nsqlookupd.connectionCount === 0);
    expect(daemon.nsqlookupd.db.nodes()).toEqual([]);
  });
});

it('takes an empty channel for none', async () => {
  await withDaemon({}, async (daemon) => {
    const client = daemon.connect();
    await client.hello();
    expect(await client.ask('REGISTER t  c')).toBe('OK');
    expect([[...daemon.nsqlookupd.db.topics()], [...daemon.nsqlookupd.db.channels('t')]]).toEqual([['t'], []]);
  });
});

it('closes after an error although the client does not, and carries out nothing that follows', async () => {
  await withDaemon({}, async (daemon) => {
    const client = daemon.connect().send(V1, IDENTIFY, 'REGISTER a\nFOO\nREGISTER b\n');
    expect((await client.rest()).slice(1)).toEqual(['OK', 'E_INVALID invalid command FOO']);
    client.send('REGISTER c\n');
    await eventually('the connection is cut', () => daemon.nsqlookupd.connectionCount === 0);
    expect([[...daemon.nsqlookupd.db.topics()], daemon.nsqlookupd.db.nodes()]).toEqual([['a'], []]);
  });
});

it('survives garbage', async () => {
  await withDaemon({ logLevel: 'error' }, async (daemon) => {
    await assert(
      asyncProperty(uint8Array({ maxLength: 300 }), string({ maxLength: 30 }), async (garbage, text) => {
        for (const sends of [Buffer.from(garbage), Buffer.concat([Buffer.from(V1 + IDENTIFY, 'latin1'), garbage])]) {
          await daemon.connect().send(sends, text).finish().rest();
        }
      }),
      { numRuns: 50 },
    );
    expect(await daemon.connect().hello()).toContain('"version":"1.3.0"');
  });
});

it('serves others while many stop half-way, and keeps nothing of them', async () => {
  await withDaemon({ logLevel: 'error' }, async (daemon) => {
    const halves = ['  V', V1, `${V1}PIN`, `${V1}IDENTIFY\n\0\0`, `${V1}IDENTIFY\n${size(60_000)}{`, `${V1}${IDENTIFY}REGISTER half`];
    const clients = Array.from({ length: 600 }, (_, n) => daemon.connect().send(halves[n % halves.length] ?? ''));
    await Promise.all(clients.filter((_, n) => n % halves.length === 5).map((client) => client.next()));
    const other = daemon.connect();
    await other.hello();
    expect([await other.ask('REGISTER whole'), await daemon.http('GET', '/topics')]).toEqual(['OK', '200 {"topics":["whole"]}']);
    expect([daemon.nsqlookupd.connectionCount, daemon.nsqlookupd.db.nodes().length]).toEqual([601, 101]);
    await Promise.all(clients.map((client) => client.destroy()));
    await eventually('they are forgotten', () => daemon.nsqlookupd.connectionCount === 1);
    expect([[...daemon.nsqlookupd.db.topics()], daemon.nsqlookupd.db.nodes().length]).toEqual([['whole'], 1]);
  });
}, 30_000);

it('holds back a client that sends and never reads, and answers it in full once it reads', async () => {
  await withDaemon({ logLevel: 'error' }, async (daemon) => {
    const client = daemon.connect();
    await client.hello();
    client.socket.pause();
    const pings = Buffer.from('PING\n'.repeat(20_000));
    let sent = 0;
    // Until neither side takes more: what one does not read the other cannot write.
    for (let stuck = false; !stuck && sent < 2_000; sent++) {
      if (client.socket.write(pings)) continue;
      stuck = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(true), 500);
        client.socket.once('drain', () => {
          clearTimeout(timer);
          resolve(false);
        });
      });
    }
    expect(sent).toBeLessThan(2_000);
    expect(await daemon.http('GET', '/nodes')).toContain(client.address);
    client.socket.resume();
    client.finish();
    const replies = await client.rest();
    expect(replies.length).toBe(sent * 20_000);
    expect(replies.every((reply) => reply === 'OK')).toBe(true);
  });
}, 60_000);
