import type { ServerResponse } from 'node:http';
import { encodePub } from '@nsq/protocol';
import { Nsqd } from '../../src/index.js';
import type { NsqdOptions } from '../../src/options.js';
import { eventually, withDaemon, type Daemon } from '../tcp/daemon.js';
import { FakeLookupd } from './fake-lookupd.js';

const MINUTE = 60_000;

let fakes: FakeLookupd[];
let fake: FakeLookupd;
let other: FakeLookupd;

beforeEach(async () => {
  fakes = [await FakeLookupd.start(), await FakeLookupd.start()];
  [fake, other] = fakes as [FakeLookupd, FakeLookupd];
});
afterEach(() => Promise.all(fakes.map((each) => each.close())));

/** A daemon that has met both nsqlookupds. */
async function withLookup(options: Partial<NsqdOptions>, test: (daemon: Daemon) => Promise<void>): Promise<void> {
  const nsqlookupdTcpAddresses = fakes.map(({ address }) => address);
  await withDaemon({ nsqlookupdTcpAddresses, ...options }, async (daemon) => {
    daemon.nsqd.logger.level = 'warn';
    await eventually('both are connected', () => daemon.nsqd.lookupStatus.connected === nsqlookupdTcpAddresses.length);
    await test(daemon);
  });
}

async function post(daemon: Daemon, path: string, body = ''): Promise<string> {
  const url = `http://127.0.0.1:${daemon.nsqd.httpPort}${path}`;
  const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(10_000) });
  return `${response.status} ${await response.text()}`.trimEnd();
}

/** The channels of a topic with the messages in each. */
function depths(daemon: Daemon, topic: string): Record<string, number> {
  return Object.fromEntries([...daemon.topic(topic).channels].map(([name, { depth }]) => [name, depth]));
}

it('has the channels that it has elsewhere before the first message flows', async () => {
  fake.knows(['zeta', 'alpha', 'x#ephemeral', 'not valid']);
  other.knows(['alpha', 'beta']);
  await withLookup({}, async (daemon) => {
    expect(await post(daemon, '/pub?topic=first', 'message')).toBe('200 OK');
    expect(depths(daemon, 'first')).toEqual({ alpha: 1, beta: 1, zeta: 1 });
    expect([fake.asked, other.asked]).toEqual([['GET /channels?topic=first'], ['GET /channels?topic=first']]);
    await fake.heard('REGISTER first', 'REGISTER first alpha', 'REGISTER first beta', 'REGISTER first zeta');
    expect(await post(daemon, '/pub?topic=first', 'message')).toBe('200 OK');
    expect(await post(daemon, '/topic/create?topic=second%23ephemeral')).toBe('200');
    expect(fake.asked.slice(1)).toEqual(['GET /channels?topic=second%23ephemeral']);
    expect(depths(daemon, 'second#ephemeral')).toEqual({ alpha: 0, beta: 0, zeta: 0 });
    expect(daemon.logged).toEqual([]);
  });
});

it('lets only the publisher that makes the topic wait, and loses nothing of the others', async () => {
  const waiting: ServerResponse[] = [];
  fake.onRequest = (_, response) => waiting.push(response);
  await withLookup({ httpClientRequestTimeout: MINUTE }, async (daemon) => {
    const [first, second] = [await daemon.client(), await daemon.client()];
    first.send(encodePub('t', Buffer.from('1')), encodePub('t', Buffer.from('2')));
    await eventually('the topic is there', () => daemon.nsqd.engine.topics.has('t'));
    await second.send(encodePub('t', Buffer.from('3'))).ok();
    expect(await post(daemon, '/pub?topic=t', '4')).toBe('200 OK');
    expect(await post(daemon, '/topic/create?topic=t')).toBe('200');
    await second.subscribe('t', 'mine', 10);
    await eventually('it is asked', () => waiting.length === 1);
    expect([first.unread, daemon.topic('t').depth, depths(daemon, 't')]).toEqual([0, 4, { mine: 0 }]);
    waiting[0]?.end('{"channels":["theirs"]}');
    await first.ok(2);
    expect((await second.messages(4)).map(({ body }) => body.toString()).sort()).toEqual(['1', '2', '3', '4']);
    expect(depths(daemon, 't')).toEqual({ mine: 0, theirs: 4 });
  });
});

it('waits for nobody longer than it is told to, and takes what the others know', async () => {
  fake.onRequest = () => undefined;
  other.knows(['known']);
  await withLookup({ httpClientRequestTimeout: 1_000 }, async (daemon) => {
    expect(await post(daemon, '/pub?topic=t', 'message')).toBe('200 OK');
    expect(depths(daemon, 't')).toEqual({ known: 1 });
    const lines = daemon.logged.map((line) => line.replace(/^\S+ \S+ /, '').trimEnd());
    expect(lines).toEqual([
      expect.stringMatching(
        /^WARNING: failed to query nsqlookupd for channels to pre-create for topic t - GET http:\/\/127\.0\.0\.1:\d+\/channels\?topic=t: request timed out after 1000 ms$/,
      ),
    ]);
  });
});

it.each<[string, (response: ServerResponse) => void, RegExp]>([
  ['no JSON', (response) => response.end('channels'), /no JSON in "channels"/],
  ['another JSON', (response) => response.end('{"channels":[1]}'), /no list of channels/],
  ['an error', (response) => response.writeHead(500).end('{"message":"X"}'), /got response 500/],
  ['too much', (response) => response.end(`{"channels":["${'x'.repeat(2_000)}"]}`), /the reply is longer than 1000 bytes/],
  [
    'half of it',
    (response) => (response.writeHead(200, { 'content-length': 99 }).write('{'), response.destroy()),
    /aborted|socket hang up|reset/,
  ],
  ['nothing', (response) => response.destroy(), /socket hang up|reset/],
])('goes on when it is answered with %s', async (_, answer, reason) => {
  for (const each of fakes) each.onRequest = (_url, response) => answer(response);
  await withLookup({ maxBodySize: 1_000 }, async (daemon) => {
    expect(await post(daemon, '/pub?topic=t', 'message')).toBe('200 OK');
    expect(daemon.topic('t').depth).toBe(1);
    const [line = ''] = daemon.logged;
    expect(line).toContain('pre-create for topic t - failed to query any nsqlookupd: ');
    expect(line).toMatch(reason);
  });
});

it('says so when none can be asked, and does not wait', async () => {
  fake.answer = (line) => (line.startsWith('IDENTIFY') ? Buffer.from('\0\0\0\x02{}', 'latin1') : Buffer.from('\0\0\0\x02OK', 'latin1'));
  await other.close();
  await withDaemon({ nsqlookupdTcpAddresses: fakes.map(({ address }) => address) }, async (daemon) => {
    expect(await post(daemon, '/pub?topic=t', 'message')).toBe('200 OK');
    expect(daemon.logged.join('')).toContain('no available nsqlookupd to query for channels to pre-create for topic t');
    expect(fake.asked).toEqual([]);
  });
});

it('waits for an nsqlookupd that is just being met', async () => {
  let reply = (): void => undefined;
  fake.knows(['early']);
  fake.answer = (_, { socket }) => {
    fake.answer = () => Buffer.from('\0\0\0\x02OK', 'latin1');
    reply = () => socket.write(fake.identity);
    return null;
  };
  await withDaemon({ nsqlookupdTcpAddresses: [fake.address] }, async (daemon) => {
    const answer = post(daemon, '/pub?topic=t', 'message');
    await eventually('IDENTIFY, and the topic', () => fake.sessions[0]?.lines.length === 1 && daemon.nsqd.engine.topics.has('t'));
    reply();
    expect(await answer).toBe('200 OK');
    expect(depths(daemon, 't')).toEqual({ early: 1 });
  });
});

it('asks for many new topics over few connections, and in time', async () => {
  let open = 0;
  let most = 0;
  fake.onRequest = (_, response) => {
    most = Math.max(most, ++open);
    setImmediate(() => {
      open--;
      response.end('{"channels":["c"]}');
    });
  };
  await withLookup({}, async (daemon) => {
    const { engine } = daemon.nsqd;
    for (let i = 0; i < 500; i++) engine.topic(`t${i}`);
    await eventually('all have the channel', () =>
      [...engine.topics.values()].every(({ channels, started }) => started && channels.size === 1),
    );
    expect(fake.asked).toHaveLength(500);
    expect(most).toBeLessThanOrEqual(16);
  });
});

it('does not mind that the topic is deleted meanwhile', async () => {
  const waiting: ServerResponse[] = [];
  fake.onRequest = (_, response) => waiting.push(response);
  await withLookup({ httpClientRequestTimeout: MINUTE }, async (daemon) => {
    const created = post(daemon, '/pub?topic=t', 'message');
    await eventually('it is asked', () => waiting.length === 1);
    expect(await post(daemon, '/topic/delete?topic=t')).toBe('200');
    waiting[0]?.end('{"channels":["c"]}');
    expect(await created).toBe('503 {"message":"EXITING"}');
    expect(daemon.nsqd.engine.topics.size).toBe(0);
  });
});

it('stops while it is waiting for an answer', async () => {
  fake.onRequest = () => undefined;
  await withLookup({ httpClientRequestTimeout: MINUTE }, async (daemon) => {
    const publisher = await daemon.client();
    publisher.send(encodePub('t', Buffer.from('message')));
    await eventually('it is asked', () => fake.asked.length === 1);
    await daemon.nsqd.stop();
    expect(daemon.topic('t').depth).toBe(1);
  });
});

it('does not ask about topics that were there before', async () => {
  fake.knows(['elsewhere']);
  await withDaemon({}, async (daemon) => {
    await post(daemon, '/pub?topic=old', 'message');
    await daemon.nsqd.stop();
    const nsqd = await Nsqd.start({ ...daemon.nsqd.options, nsqlookupdTcpAddresses: [fake.address], logLevel: 'error' });
    try {
      await fake.heard('REGISTER old');
      expect([fake.asked, nsqd.engine.topics.get('old')?.channels.size]).toEqual([[], 0]);
    } finally {
      await nsqd.stop();
    }
  });
});
