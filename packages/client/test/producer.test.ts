import { getEventListeners } from 'node:events';
import { createServer } from 'node:net';
import { Producer, type ProducerOptions } from '../src/index.js';
import { eventually, failure, settle } from './eventually.js';
import { FakeNsqd, QUICKLY, using, type FakeConnection, type Script } from './fake-nsqd.js';

/** A producer with connections to nsqds that answer so. */
async function setUp(
  defer: <T extends FakeNsqd | Producer>(thing: T) => T,
  scripts: readonly Script[],
  options: Partial<ProducerOptions> = {},
): Promise<{ producer: Producer; peers: FakeConnection[]; nsqds: FakeNsqd[] }> {
  const nsqds = await Promise.all(scripts.map(async (script) => defer(await FakeNsqd.start(script))));
  const producer = defer(new Producer({ nsqds: nsqds.map(({ address }) => address), ...QUICKLY, ...options }));
  await producer.connect();
  await eventually('all connections', () => producer.connections.length === nsqds.length);
  return { producer, nsqds, peers: await Promise.all(nsqds.map((nsqd) => nsqd.connection())) };
}
const peer = (peers: readonly FakeConnection[], index = 0): FakeConnection => peers[index] as FakeConnection;
const outcome = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'OK',
    (error: unknown) => (error as { code: string }).code,
  );

it('publishes messages, batches, deferred ones and JSON', async () => {
  await using(async (defer) => {
    const { producer, peers } = await setUp(defer, [() => null]);
    await producer.publish('orders', 'text');
    await producer.publish('orders', Buffer.from('buffer'));
    await producer.publish('orders', new TextEncoder().encode('bytes'));
    await producer.publish('orders', ['one', Buffer.from('two')]);
    await producer.publish('orders', 'later', { defer: 500 });
    await producer.publishJson('orders', { id: 1 });
    expect(peer(peers).of('PUB')).toEqual(['PUB orders text', 'PUB orders buffer', 'PUB orders bytes', 'PUB orders {"id":1}']);
    expect(peer(peers).of('MPUB')).toEqual(['MPUB orders one two']);
    expect(peer(peers).of('DPUB')).toEqual(['DPUB orders 500 later']);
    expect(producer.pending).toBe(0);
  });
});

it('sends all publishes of one turn in one write, and pairs the answers in order', async () => {
  await using(async (defer) => {
    const { producer, peers } = await setUp(defer, [(command) => (command === 'PUB t 7' ? '' : null)]);
    const before = peer(peers).reads;
    const published = Array.from({ length: 20 }, (_, index) => producer.publish('t', String(index)));
    expect(producer.pending).toBe(20);
    await Promise.all(published.slice(0, 7));
    await eventually('all but one', () => producer.pending === 1);
    expect(peer(peers).reads - before).toBe(1);
    expect(
      peer(peers)
        .of('PUB')
        .map((command) => command.slice(6)),
    ).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
    peer(peers).answer('OK');
    expect(await Promise.all(published)).toHaveLength(20);
  });
});

it('writes bodies larger than its buffers whole', async () => {
  await using(async (defer) => {
    const { producer, peers } = await setUp(defer, [() => null]);
    const large = 'x'.repeat(500_000);
    await Promise.all([
      producer.publish('t', 'before'),
      producer.publish('t', large),
      producer.publish('t', [large, 'y', large]),
      producer.publish('t', 'behind'),
    ]);
    expect(
      peer(peers)
        .commands.slice(1)
        .map((command) => command.length),
    ).toEqual([12, 6 + 500_000, 7 + 1_000_003, 12]);
  });
});

it.each<[string, string, string | string[], object, string]>([
  ['a bad topic', 'no spaces', 'x', {}, 'E_BAD_TOPIC'],
  ['an empty message', 't', '', {}, 'E_BAD_MESSAGE'],
  ['a message that is too big', 't', 'x'.repeat(1001), {}, 'E_BAD_MESSAGE'],
  ['no messages', 't', [], {}, 'E_BAD_BODY'],
  ['a batch with an empty message', 't', ['a', ''], {}, 'E_BAD_MESSAGE'],
  ['a batch that is too big', 't', ['x'.repeat(900), 'x'.repeat(900), 'x'.repeat(300)], {}, 'E_BAD_BODY'],
  ['a delay that is too long', 't', 'x', { defer: 3_600_001 }, 'E_INVALID'],
  ['a delay that is not whole', 't', 'x', { defer: 0.5 }, 'E_INVALID'],
])('refuses %s without sending it', async (_, topic, body, options, code) => {
  await using(async (defer) => {
    const { producer, peers } = await setUp(defer, [() => null], { maxMessageBytes: 1000, maxBatchBytes: 2000 });
    expect(await outcome(producer.publish(topic, body, options))).toBe(code);
    await producer.publish('t', 'good');
    expect(peer(peers).commands.slice(1)).toEqual(['PUB t good']);
  });
});

it('rejects the publish that nsqd refused; the others, which it did not execute, are sent again', async () => {
  await using(async (defer) => {
    const { producer, nsqds } = await setUp(defer, [
      (command) => (command === 'PUB t 2' ? 'E_UNAUTHORIZED AUTH failed for PUB on "t" ""' : null),
    ]);
    const published = Array.from({ length: 5 }, (_, index) => outcome(producer.publish('t', String(index))));
    expect(await Promise.all(published)).toEqual(['OK', 'OK', 'E_UNAUTHORIZED', 'OK', 'OK']);
    expect(nsqds[0]?.connections.map((connection) => connection.of('PUB'))).toEqual([
      ['PUB t 0', 'PUB t 1', 'PUB t 2'],
      ['PUB t 3', 'PUB t 4'],
    ]);
  });
});

it('rejects what was unanswered on a lost connection, unless told to retry', async () => {
  await using(async (defer) => {
    const silent: Script = (command) => (command.startsWith('PUB') ? '' : null);
    const { producer, peers } = await setUp(defer, [silent]);
    const published = [outcome(producer.publish('t', 'a')), outcome(producer.publish('t', 'b'))];
    await peer(peers).got('PUB t b');
    peer(peers).socket.destroy();
    expect(await Promise.all(published)).toEqual(['ERR_NSQ_CONNECTION_LOST', 'ERR_NSQ_CONNECTION_LOST']);
  });
});

it('sends again what was unanswered on a lost connection, in order, as often as it was told', async () => {
  await using(async (defer) => {
    let cuts = 0;
    const { producer, nsqds } = await setUp(
      defer,
      [
        (command, connection) => {
          if (command !== 'PUB t 2' || ++cuts > 2) return null;
          connection.socket.destroy();
          return '';
        },
      ],
      { retry: 2 },
    );
    await Promise.all([1, 2, 3, 4].map((n) => producer.publish('t', String(n))));
    expect(nsqds[0]?.connections.at(-1)?.of('PUB').slice(-3)).toEqual(['PUB t 2', 'PUB t 3', 'PUB t 4']);
    cuts = -1;
    expect(await outcome(producer.publish('t', '2'))).toBe('ERR_NSQ_CONNECTION_LOST');
  });
});

it('goes to the next nsqd with what one cannot take, when told to retry', async () => {
  await using(async (defer) => {
    const { producer, peers } = await setUp(
      defer,
      [() => null, (command) => (command.startsWith('PUB') ? 'E_PUB_FAILED PUB failed exiting' : null)],
      { retry: 1 },
    );
    expect(await Promise.all(['a', 'b'].map((body) => outcome(producer.publish('t', body))))).toEqual(['OK', 'OK']);
    expect(peer(peers).of('PUB').sort()).toEqual(['PUB t a', 'PUB t b']);
  });
});

it('spreads over its nsqds in turn, and does with those that are left', async () => {
  await using(async (defer) => {
    const { producer, peers, nsqds } = await setUp(defer, [() => null, () => null, () => null]);
    await Promise.all(Array.from({ length: 30 }, () => producer.publish('t', 'x')));
    expect(peers.map((each) => each.of('PUB').length)).toEqual([10, 10, 10]);
    await nsqds[1]?.stop();
    await eventually('two left', () => producer.connections.length === 2);
    await Promise.all(Array.from({ length: 30 }, () => producer.publish('t', 'x')));
    expect([0, 2].map((index) => peer(peers, index).of('PUB').length)).toEqual([25, 25]);
  });
});

it('keeps what is published while there is no connection, and fails it in time', async () => {
  await using(async (defer) => {
    const nsqd = await FakeNsqd.start();
    const { port, address } = nsqd;
    await nsqd.stop();
    const producer = defer(new Producer({ nsqds: address, ...QUICKLY, publishTimeout: 100 }));
    const failed: unknown[] = [];
    producer.on('connectFailed', (...what) => failed.push(what));
    const error = await failure(producer.publish('t', 'a'));
    expect(error).toMatchObject({
      code: 'ERR_NSQ_TIMEOUT',
      message: 'publish: not connected within 100 ms',
      cause: { code: 'ERR_NSQ_CONNECT' },
    });
    expect(failed[0]).toEqual([address, expect.objectContaining({ code: 'ERR_NSQ_CONNECT' })]);
    const published = outcome(defer(new Producer({ nsqds: address, ...QUICKLY })).publish('t', 'b'));
    const back = defer(await FakeNsqd.start(undefined, {}, port));
    expect(await published).toBe('OK');
    expect(back.connections.flatMap((connection) => connection.of('PUB'))).toEqual(['PUB t b']);
  });
});

it('fails a publish that is not answered in time, still pairs answers, and prefers other nsqds meanwhile', async () => {
  await using(async (defer) => {
    const stalled: Script = (command) => (command.startsWith('PUB') ? '' : null);
    const { producer, peers } = await setUp(defer, [stalled, () => null], { publishTimeout: 60 });
    const outcomes = await Promise.all(['a', 'b'].map((body) => outcome(producer.publish('t', body))));
    expect(outcomes.sort()).toEqual(['ERR_NSQ_TIMEOUT', 'OK']);
    await Promise.all(Array.from({ length: 5 }, () => producer.publish('t', 'x')));
    expect(peer(peers).of('PUB')).toHaveLength(1);
    peer(peers).answer('OK');
    await eventually('the late answer', () => producer.pending === 0);
    const next = Array.from({ length: 2 }, () => outcome(producer.publish('t', 'y')));
    await peer(peers).got('PUB t y');
    peer(peers).answer('OK');
    expect(await Promise.all(next)).toEqual(['OK', 'OK']);
  });
});

it('lets a caller give up waiting, for a connection or an answer', async () => {
  await using(async (defer) => {
    const { producer, peers } = await setUp(defer, [(command) => (command.startsWith('PUB') ? '' : null)]);
    const abort = new AbortController();
    const published = failure(producer.publish('t', 'a', { signal: abort.signal }));
    const other = outcome(producer.publish('t', 'b'));
    await peer(peers).got('PUB t b');
    abort.abort('why');
    expect(await published).toMatchObject({ code: 'ERR_NSQ_ABORTED', cause: 'why' });
    peer(peers).answer('OK').answer('OK');
    expect(await other).toBe('OK');
    expect(await outcome(producer.publish('t', 'c', { signal: abort.signal }))).toBe('ERR_NSQ_ABORTED');

    const unconnected = defer(new Producer({ nsqds: '127.0.0.1:1' }));
    const again = new AbortController();
    const waiting = outcome(unconnected.publish('t', 'a', { signal: again.signal }));
    again.abort();
    expect(await waiting).toBe('ERR_NSQ_ABORTED');
  });
});

it('lets any number of publishes share a signal', async () => {
  await using(async (defer) => {
    const { producer, peers } = await setUp(defer, [(command) => (command.startsWith('PUB') ? '' : null)]);
    const warnings: Error[] = [];
    const warned = (warning: Error): number => warnings.push(warning);
    process.on('warning', warned);
    const abort = new AbortController();
    const published = Array.from({ length: 50 }, (_, index) => outcome(producer.publish('t', String(index), { signal: abort.signal })));
    await peer(peers).got('PUB t 49');
    peer(peers).answer('OK').answer('OK');
    expect(await Promise.all(published.slice(0, 2))).toEqual(['OK', 'OK']);
    abort.abort();
    expect(new Set(await Promise.all(published.slice(2)))).toEqual(new Set(['ERR_NSQ_ABORTED']));
    await settle();
    process.off('warning', warned);
    expect(warnings).toEqual([]);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
});

it('takes no more than it may hold, and says when there is room', async () => {
  await using(async (defer) => {
    const silent: Script = (command) => (command.startsWith('PUB') ? '' : null);
    const { producer, peers } = await setUp(defer, [silent], { maxPending: 3, maxPendingBytes: 10 });
    const published = [producer.publish('t', '12345'), producer.publish('t', '1234')];
    expect(await outcome(producer.publish('t', '12'))).toBe('ERR_NSQ_QUEUE_FULL');
    published.push(producer.publish('t', '1'));
    expect(await outcome(producer.publish('t', '1'))).toBe('ERR_NSQ_QUEUE_FULL');
    let ready = false;
    const room = producer.ready().then(() => (ready = true));
    const aborted = failure(producer.ready({ signal: AbortSignal.timeout(10) }));
    expect(await aborted).toMatchObject({ code: 'ERR_NSQ_ABORTED' });
    await settle();
    expect(ready).toBe(false);
    await peer(peers).got('PUB t 1');
    peer(peers).answer('OK').answer('OK').answer('OK');
    await Promise.all([...published, room]);
    await producer.ready();
  });
});

it('waits when the kernel takes no more, and goes on when it does', async () => {
  await using(async (defer) => {
    const { producer, peers } = await setUp(defer, [() => null]);
    peer(peers).socket.pause();
    const body = Buffer.alloc(500_000);
    const published = Array.from({ length: 60 }, () => producer.publish('t', body));
    await settle();
    peer(peers).socket.resume();
    expect(await Promise.all(published)).toHaveLength(60);
  });
});

it('closes when everything that was accepted is answered, and takes no more', async () => {
  await using(async (defer) => {
    const silent: Script = (command) => (command.startsWith('PUB') ? '' : null);
    const { producer, peers } = await setUp(defer, [silent]);
    const published = outcome(producer.publish('t', 'a'));
    const closing = producer.close();
    expect(producer.close()).toBe(closing);
    expect(await outcome(producer.publish('t', 'b'))).toBe('ERR_NSQ_CLOSED');
    await peer(peers).got('PUB t a');
    expect(peer(peers).ended).toBe(false);
    peer(peers).answer('OK');
    expect(await published).toBe('OK');
    await closing;
    expect(peer(peers).of('PUB')).toEqual(['PUB t a']);
    expect(await outcome(producer.connect())).toBe('ERR_NSQ_CLOSED');
    expect(await outcome(producer.ready())).toBe('ERR_NSQ_CLOSED');
  });
});

it('closes in bounded time, and fails what has no answer then', async () => {
  await using(async (defer) => {
    const silent: Script = (command) => (command.startsWith('PUB') ? '' : null);
    const { producer } = await setUp(defer, [silent]);
    const unconnected = defer(new Producer({ nsqds: '127.0.0.1:1' }));
    const published = [outcome(producer.publish('t', 'a')), outcome(unconnected.publish('t', 'a')), outcome(unconnected.connect())];
    await producer.close({ timeout: 30 });
    await unconnected.close({ signal: AbortSignal.abort() });
    expect(await Promise.all(published)).toEqual(['ERR_NSQ_CLOSED', 'ERR_NSQ_CLOSED', expect.stringMatching(/^ERR_NSQ_(CLOSED|CONNECT)$/)]);
  });
});

it('tells why it cannot connect', async () => {
  await using(async (defer) => {
    const refused = await FakeNsqd.start();
    const { address } = refused;
    await refused.stop();
    const server = defer(await FakeNsqd.start(() => 'E_INVALID not today'));
    const producer = defer(new Producer({ nsqds: [address, server.address], ...QUICKLY }));
    expect(['ERR_NSQ_CONNECT', 'E_INVALID']).toContain(await outcome(producer.connect()));
  });
});

it('ends a connection on which an answer to nothing comes', async () => {
  await using(async (defer) => {
    const { producer, peers } = await setUp(defer, [() => null]);
    const lost = new Promise((resolve) => producer.once('disconnected', (_, error) => resolve(error?.code)));
    peer(peers).answer('OK');
    expect(await lost).toBe('ERR_NSQ_PROTOCOL');
    await producer.publish('t', 'works again');
  });
});

it('reconnects no faster than it should to an nsqd that closes at once', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined).destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const producer = new Producer({ nsqds: `127.0.0.1:${port}`, reconnect: { initialDelay: 60_000, maxDelay: 60_000 }, publishTimeout: 100 });
  expect(await outcome(producer.publish('t', 'x'))).toBe('ERR_NSQ_TIMEOUT');
  expect(connections).toBe(1);
  await producer.close();
  await new Promise((resolve) => server.close(resolve));
});

it.each<[Partial<ProducerOptions>, RegExp]>([
  [{}, /nsqds or lookupds must name at least one address/],
  [{ nsqds: 'a:b:c' }, /not an address/],
  [{ nsqds: 'h:70000' }, /not an address/],
  [{ nsqds: 'h', retry: -1 }, /retry must be a whole number from 0 to 1000, got -1/],
  [{ nsqds: 'h', publishTimeout: 0 }, /publishTimeout must be/],
  [{ nsqds: 'h', maxPending: 0 }, /maxPending must be/],
  [{ nsqds: 'h', reconnect: { initialDelay: 10, maxDelay: 5 } }, /reconnect\.maxDelay must be a whole number from 10/],
  [{ lookupds: 'ftp://h' }, /not an HTTP address/],
  [{ lookupds: 'h', discovery: { jitter: 2 } }, /discovery\.jitter must be/],
])('refuses options that cannot work: %j', (options, message) => {
  expect(() => new Producer(options)).toThrow(message);
});
