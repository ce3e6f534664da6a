import { encodeLookupReply, encodePub } from '@nsq/protocol';
import { eventually, withDaemon, type Daemon } from '../tcp/daemon.js';
import { FakeLookupd } from './fake-lookupd.js';

let fakes: FakeLookupd[];
let fake: FakeLookupd;

beforeEach(async () => {
  fakes = [await FakeLookupd.start(), await FakeLookupd.start()];
  [fake] = fakes as [FakeLookupd];
});
afterEach(() => Promise.all(fakes.map((each) => each.close())));

const addresses = (): string[] => fakes.map(({ address }) => address);

async function http(daemon: Daemon, method: 'POST' | 'PUT', path: string, body?: string): Promise<string> {
  const url = `http://127.0.0.1:${daemon.nsqd.httpPort}${path}`;
  const response = await fetch(url, { method, ...(body !== undefined && { body }), signal: AbortSignal.timeout(10_000) });
  return `${response.status} ${await response.text()}`.trimEnd();
}

it('says who it is: the address and ports that are broadcast', async () => {
  await withDaemon({ nsqlookupdTcpAddresses: [fake.address], broadcastAddress: 'n1.example', broadcastTcpPort: 5 }, async ({ nsqd }) => {
    await eventually('IDENTIFY', () => fake.sessions[0]?.lines.length === 1);
    expect(fake.sessions[0]?.lines[0]).toBe(
      `IDENTIFY {"broadcast_address":"n1.example","hostname":"${nsqd.hostname}","http_port":${nsqd.httpPort},"tcp_port":5,"version":"1.3.0"}`,
    );
    await eventually('the answer is understood', () => nsqd.lookupStatus.connected === 1);
  });
});

it('tells each nsqlookupd what comes and goes', async () => {
  await withDaemon({ nsqlookupdTcpAddresses: [...addresses(), fake.address] }, async (daemon) => {
    await eventually('both are connected', () => daemon.nsqd.lookupStatus.connected === 2);
    const client = await daemon.client();
    await client.send(encodePub('t', Buffer.from('message'))).ok();
    await client.subscribe('u', 'short#ephemeral', 0);
    await http(daemon, 'POST', '/channel/create?topic=t&channel=c');
    for (const each of fakes) await each.heard('REGISTER t', 'REGISTER u', 'REGISTER u short#ephemeral', 'REGISTER t c');
    await client.destroy();
    await http(daemon, 'POST', '/topic/delete?topic=t');
    for (const each of fakes) {
      await each.heard('UNREGISTER u short#ephemeral', 'UNREGISTER t', 'UNREGISTER t c');
      expect(each.sessions).toHaveLength(1);
    }
  });
});

it('registers everything again when an nsqlookupd comes back', async () => {
  await withDaemon({ nsqlookupdTcpAddresses: addresses() }, async (daemon) => {
    await eventually('both are connected', () => daemon.nsqd.lookupStatus.connected === 2);
    for (let i = 0; i < 1_000; i++) daemon.nsqd.engine.channel(daemon.nsqd.engine.topic(`t${i}`), 'c');
    await fake.heard('REGISTER t999 c');
    fake.sessions[0]?.socket.destroy();
    const again = await fake.connections(2);
    await fake.heard('REGISTER t999 c');
    expect(new Set(again.lines.slice(1))).toEqual(new Set(Array.from({ length: 1_000 }, (_, i) => `REGISTER t${i} c`)));
    expect(fakes[1]?.sessions).toHaveLength(1);
  });
});

it('adds and removes nsqlookupds at run time, without a word to those that stay or go', async () => {
  await withDaemon({ nsqlookupdTcpAddresses: [fake.address] }, async (daemon) => {
    await http(daemon, 'POST', '/topic/create?topic=t');
    await fake.heard('REGISTER t');
    const put = (list: unknown): Promise<string> => http(daemon, 'PUT', '/config/nsqlookupd_tcp_addresses', JSON.stringify(list));
    await put(addresses());
    const [first, second] = fakes as [FakeLookupd, FakeLookupd];
    await second.heard('REGISTER t');
    const said = [...(first.sessions[0]?.lines ?? [])];
    await put([second.address]);
    await eventually('the connection ends', () => first.sessions[0]?.closed === true);
    expect(first.sessions.map(({ lines }) => lines)).toEqual([said]);
    await put(null);
    await eventually('the other ends as well', () => second.sessions[0]?.closed === true);
    expect([second.sessions.length, daemon.nsqd.lookupStatus]).toEqual([1, { configured: 0, connected: 0 }]);
    expect(await http(daemon, 'POST', '/topic/create?topic=unheard')).toBe('200');
  });
});

it('goes on without the names that an nsqlookupd refuses', async () => {
  fake.answer = (line, { socket }) => {
    if (line.startsWith('IDENTIFY')) return fake.identity;
    if (!line.includes('bad')) return encodeLookupReply('OK');
    socket.end(encodeLookupReply("E_BAD_TOPIC REGISTER topic name 'bad' is not valid"));
    return null;
  };
  await withDaemon({ nsqlookupdTcpAddresses: [fake.address] }, async (daemon) => {
    for (const topic of ['bad', 'good']) await http(daemon, 'POST', `/topic/create?topic=${topic}`);
    await fake.connections(2);
    await fake.heard('REGISTER good');
    expect(fake.sessions.at(-1)?.lines).not.toContain('REGISTER bad');
  });
});

it('tries again and again where nobody listens', async () => {
  const { address } = fake;
  await fake.close();
  await withDaemon({ nsqlookupdTcpAddresses: [address, 'no-port', ''] }, async (daemon) => {
    await eventually('failures are logged', () => daemon.logged.length >= 3);
    expect(daemon.logged.map((line) => line.replace(/^\S+ \S+ /, '').trimEnd()).sort()).toEqual([
      'ERROR: LOOKUPD(): connect - dial tcp: missing address',
      `ERROR: LOOKUPD(${address}): connect - dial tcp ${address}: connection refused`,
      'ERROR: LOOKUPD(no-port): connect - dial tcp: address no-port: missing port in address',
    ]);
    expect(daemon.nsqd.lookupStatus).toEqual({ configured: 3, connected: 0 });
  });
});
