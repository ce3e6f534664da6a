import { createServer } from 'node:net';
import { Logger } from '@nsq/service';
import { defaultNsqlookupdOptions, Nsqlookupd } from '../src/index.js';
import { Client } from './client.js';
import { eventually, withDaemon } from './daemon.js';

const LOCAL = { tcpAddress: '127.0.0.1:0', httpAddress: '127.0.0.1:0' };
const CLIENTS = 2_000;
const quiet = new Logger({ write: () => undefined });

it('shows over HTTP what was registered over TCP, until the connection ends', async () => {
  await withDaemon({}, async (daemon) => {
    const client = daemon.connect();
    await client.hello({ broadcast_address: 'b1.example' });
    expect(await client.ask('REGISTER t c')).toBe('OK');
    const lookup = await daemon.http('GET', '/lookup?topic=t');
    expect(lookup).toBe(
      `200 {"channels":["c"],"producers":[{"remote_address":"${client.address}","hostname":"h1","broadcast_address":"b1.example",` +
        '"tcp_port":4150,"http_port":4151,"version":"1.3.0"}]}',
    );
    expect(await daemon.http('POST', '/topic/tombstone?topic=t&node=b1.example:4151')).toBe('200');
    expect(await daemon.http('GET', '/lookup?topic=t')).toBe('200 {"channels":["c"],"producers":[]}');
    await client.destroy();
    await eventually('the node is gone', () => daemon.nsqlookupd.db.nodes().length === 0);
    expect(await daemon.http('GET', '/topics')).toBe('200 {"topics":["t"]}');
    expect(await daemon.http('GET', '/channels?topic=t')).toBe('200 {"channels":["c"]}');
  });
});

it('hides an nsqd that does not ping', async () => {
  await withDaemon({ inactiveProducerTimeout: -1 }, async (daemon) => {
    const client = daemon.connect();
    await client.hello();
    await client.ask('REGISTER t');
    expect(await daemon.http('GET', '/lookup?topic=t')).toBe('200 {"channels":[],"producers":[]}');
    expect(await daemon.http('GET', '/nodes')).toBe('200 {"producers":[]}');
  });
});

it('logs what the reference logs', async () => {
  await withDaemon({ broadcastAddress: 'lookup' }, async (daemon) => {
    const { nsqlookupd, logged } = daemon;
    const client = daemon.connect();
    await client.hello();
    const at = client.address;
    for (const line of ['REGISTER t c', 'REGISTER t c', 'PING', 'UNREGISTER t']) await client.ask(line);
    client.finish();
    await eventually('the end is logged', () => logged.some((line) => line.endsWith('- EOF')));
    expect(logged.map((line) => line.replace(/ping \S+\)/, 'ping)').replace(/w\/\S+/, 'w/node)'))).toEqual([
      'INFO: nsqlookupd v1.3.0 (built w/node)',
      `INFO: TCP: listening on 127.0.0.1:${nsqlookupd.tcpPort}`,
      `INFO: HTTP: listening on 127.0.0.1:${nsqlookupd.httpPort}`,
      `INFO: TCP: new client(${at})`,
      `INFO: CLIENT(${at}): desired protocol magic '  V1'`,
      `INFO: CLIENT(${at}): IDENTIFY Address:n1.example TCP:4150 HTTP:4151 Version:1.3.0`,
      `INFO: DB: client(${at}) REGISTER category:client key: subkey:`,
      `INFO: DB: client(${at}) REGISTER category:channel key:t subkey:c`,
      `INFO: DB: client(${at}) REGISTER category:topic key:t subkey:`,
      `INFO: CLIENT(${at}): pinged (last ping)`,
      `WARNING: client(${at}) unexpected UNREGISTER category:channel key:t subkey:c`,
      `INFO: DB: client(${at}) UNREGISTER category:topic key:t subkey:`,
      `INFO: PROTOCOL(V1): [${at}] exiting ioloop`,
      `INFO: DB: client(${at}) UNREGISTER category:client key: subkey:`,
      `ERROR: client(${at}) - EOF`,
    ]);
    expect(await daemon.connect().send('  V2').rest()).toEqual(['E_BAD_PROTOCOL']);
    expect(logged.at(-1)).toMatch(/^ERROR: client\(127\.0\.0\.1:\d+\) bad protocol magic ' {2}V2'$/);
  });
});

it(`serves ${CLIENTS} connections at a time`, async () => {
  await withDaemon({ logLevel: 'error' }, async (daemon) => {
    const clients: Client[] = [];
    for (let i = 0; i < CLIENTS; i += 100) {
      const batch = Array.from({ length: 100 }, () => daemon.connect());
      clients.push(...batch);
      await Promise.all(
        batch.map(async (client, n) => {
          await client.hello({ tcp_port: i + n + 1 });
          expect(await client.ask(`REGISTER t${n} c`)).toBe('OK');
        }),
      );
    }
    expect([daemon.nsqlookupd.connectionCount, daemon.nsqlookupd.db.nodes().length]).toEqual([CLIENTS, CLIENTS]);
    expect(daemon.nsqlookupd.db.lookup('t7')).toHaveLength(CLIENTS / 100);
    await Promise.all(clients.map((client) => client.destroy()));
    await eventually('all are forgotten', () => daemon.nsqlookupd.connectionCount === 0);
    expect([daemon.nsqlookupd.db.nodes(), daemon.nsqlookupd.db.lookup('t7')]).toEqual([[], []]);
  });
}, 60_000);

describe('start and stop', () => {
  it('closes listeners and connections, identified or not', async () => {
    const nsqlookupd = await Nsqlookupd.start(LOCAL, { logger: quiet });
    const [silent, identified] = [new Client(nsqlookupd.tcpPort), new Client(nsqlookupd.tcpPort)];
    await identified.hello();
    await eventually('both are accepted', () => nsqlookupd.connectionCount === 2);
    await Promise.all([nsqlookupd.stop(), nsqlookupd.stop()]);
    expect([await silent.rest(), await identified.rest()]).toEqual([[], []]);
    expect([nsqlookupd.connectionCount, nsqlookupd.tcpPort, nsqlookupd.httpPort]).toEqual([0, 0, 0]);
    await nsqlookupd.main();
    await Promise.all([silent.destroy(), identified.destroy()]);
  });

  it('stops without having run, together with those who connected early', async () => {
    const nsqlookupd = await Nsqlookupd.create({ ...defaultNsqlookupdOptions(), ...LOCAL }, { logger: quiet });
    const early = new Client(nsqlookupd.tcpPort).send('  V1PING\n');
    await new Promise((resolve) => early.socket.once('connect', resolve));
    await nsqlookupd.exit();
    expect(await early.rest()).toEqual([]);
    await early.destroy();
  });

  it('serves those who connected before it ran', async () => {
    const nsqlookupd = await Nsqlookupd.create({ ...defaultNsqlookupdOptions(), ...LOCAL }, { logger: quiet });
    const early = new Client(nsqlookupd.tcpPort).send('  V1PING\n');
    await new Promise((resolve) => early.socket.once('connect', resolve));
    const main = nsqlookupd.main();
    expect(await early.next()).toBe('OK');
    await nsqlookupd.exit();
    await main;
    await early.destroy();
  });

  it.each([
    ['tcpAddress', 'foo', 'listen (foo) failed - listen tcp: address foo: missing port in address'],
    ['httpAddress', '::1:x:', 'listen (::1:x:) failed - listen tcp: address ::1:x:: too many colons in address'],
    ['httpAddress', '127.0.0.1:99999', 'listen (127.0.0.1:99999) failed - listen tcp: address 99999: invalid port'],
  ])('does not start with %s=%s', async (option, value, reason) => {
    await expect(Nsqlookupd.start({ ...LOCAL, [option]: value }, { logger: quiet })).rejects.toThrow(
      `failed to instantiate nsqlookupd - ${reason}`,
    );
  });

  it('does not start on a port that is taken, and leaves nothing open', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(Nsqlookupd.start({ ...LOCAL, httpAddress: `127.0.0.1:${port}` }, { logger: quiet })).rejects.toThrow(
      `failed to instantiate nsqlookupd - listen (127.0.0.1:${port}) failed - listen tcp 127.0.0.1:${port}: bind: address already in use`,
    );
    await new Promise((resolve) => other.close(resolve));
  });
});
