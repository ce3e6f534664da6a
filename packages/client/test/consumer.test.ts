import { Consumer, type ConsumerOptions, type LateAnswer, type Message } from '../src/index.js';
import { Deferred } from '../src/wait.js';
import { id, running } from './consumer-setup.js';
import { eventually, failure, settle } from './eventually.js';
import { FakeNsqd, QUICKLY, using } from './fake-nsqd.js';

const never = new Promise<void>(() => undefined);

it('subscribes, asks for messages and shows what they are', async () => {
  await using(async (defer) => {
    const seen: Message[] = [];
    const { peer } = await running(defer, (message) => seen.push(message), { maxInFlight: 7 });
    await peer.got('RDY 7');
    expect(peer.commands.slice(1)).toEqual(['SUB t c', 'RDY 7']);
    peer.message(1, '{"a":1}', 3);
    await peer.got(`FIN ${id(1)}`);
    const [message] = seen as [Message];
    expect(message).toMatchObject({ id: id(1), attempts: 3, timestamp: 1_795_355_143_286_884_733n, answered: true, expired: false });
    expect(message.date.getTime()).toBe(1_795_355_143_286);
    expect(message.body).toEqual(Buffer.from('{"a":1}'));
    expect(message.text()).toBe('{"a":1}');
    expect(message.json()).toEqual({ a: 1 });
    expect(message.address).toBe(`127.0.0.1:${peer.socket.localPort ?? 0}`);
  });
});

it('finishes or requeues by the outcome of the handler, sync or not', async () => {
  await using(async (defer) => {
    const errors: unknown[] = [];
    const handlers = [
      () => undefined,
      () => Promise.resolve(),
      () => {
        throw new Error('sync');
      },
      () => Promise.reject(new Error('async')),
    ];
    const { consumer, peer } = await running(defer, (message) => handlers[Number(`0x${message.id}`)]?.(), {
      backoff: { max: 0 },
      requeueDelay: 100,
      maxRequeueDelay: 350,
    });
    consumer.on('handlerError', (error, message) => errors.push([(error as Error).message, message.id]));
    peer.message(0).message(1).message(2, 'x', 2).message(3, 'x', 5);
    await peer.until('four answers', () => peer.of('FIN').length + peer.of('REQ').length === 4);
    expect(peer.of('FIN')).toEqual([`FIN ${id(0)}`, `FIN ${id(1)}`]);
    expect(peer.of('REQ')).toEqual([`REQ ${id(2)} 200`, `REQ ${id(3)} 350`]);
    expect(errors).toEqual([
      ['sync', id(2)],
      ['async', id(3)],
    ]);
  });
});

it.each<[string, (message: Message) => number, string]>([
  ['what it gives', ({ attempts }) => attempts * 7, '14'],
  ['no more than the bound', () => 1e9, '900000'],
  ['the default for what is no number', () => Number.NaN, '90000'],
  [
    'the default when it throws',
    () => {
      throw new Error('mistake');
    },
    '90000',
  ],
])('asks a function of the application for the delay of a failed message: %s', async (_, requeueDelay, expected) => {
  await using(async (defer) => {
    const { peer } = await running(defer, () => Promise.reject(new Error('no')), { requeueDelay });
    peer.message(1, 'x', 2);
    await peer.got(`REQ ${id(1)} ${expected}`);
  });
});

it('leaves a message alone that its handler has answered, and answers it once', async () => {
  await using(async (defer) => {
    const { peer } = await running(defer, (message) => {
      if (message.id === id(1)) {
        expect(message.requeue(500, { backoff: false })).toBe(true);
        expect(message.finish()).toBe(false);
        expect(message.requeue()).toBe(false);
        expect(message.touch()).toBe(false);
      } else {
        expect(message.touch()).toBe(true);
        expect(message.finish()).toBe(true);
        throw new Error('afterwards');
      }
    });
    peer.message(1).message(2);
    await peer.got(`FIN ${id(2)}`);
    await settle();
    expect(peer.commands.slice(3)).toEqual([`REQ ${id(1)} 500`, `TOUCH ${id(2)}`, `FIN ${id(2)}`]);
  });
});

it('refuses delays that nsqd would not understand', async () => {
  await using(async (defer) => {
    const { peer } = await running(defer, (message) => {
      for (const delay of [-1, 0.5, Infinity]) expect(() => message.requeue(delay)).toThrow(RangeError);
      message.finish();
    });
    peer.message(1);
    await peer.got(`FIN ${id(1)}`);
    await settle();
    expect(peer.of('REQ')).toEqual([]);
  });
});

it('answers all messages of one turn in one write', async () => {
  await using(async (defer) => {
    const { peer } = await running(defer, () => undefined);
    await peer.got('RDY 100');
    const before = peer.reads;
    peer.socket.cork();
    for (let n = 0; n < 50; n++) peer.message(n);
    peer.socket.uncork();
    await peer.until('all answers', () => peer.of('FIN').length === 50);
    expect(peer.reads - before).toBe(1);
  });
});

it('runs no more handlers at a time than it may, and gives each a message in turn', async () => {
  await using(async (defer) => {
    const begun: string[] = [];
    const gates = Array.from({ length: 6 }, () => new Deferred());
    const { peer } = await running(
      defer,
      (message) => {
        begun.push(message.text());
        return gates[Number(message.text())]?.promise;
      },
      { concurrency: 2 },
    );
    for (let n = 0; n < 6; n++) peer.message(n, String(n));
    await eventually('two', () => begun.length === 2);
    await settle();
    expect(begun).toEqual(['0', '1']);
    gates[1]?.resolve();
    await eventually('three', () => begun.length === 3);
    for (const gate of gates) gate.resolve();
    await peer.until('all', () => peer.of('FIN').length === 6);
    expect(begun).toEqual(['0', '1', '2', '3', '4', '5']);
  });
});

it('gives a message that came too often to a hook of its own', async () => {
  await using(async (defer) => {
    const handled: string[] = [];
    const given: string[] = [];
    const { peer, consumer } = await running(defer, (message) => handled.push(message.text()), {
      maxAttempts: 3,
      backoff: { max: 0 },
      onMaxAttempts: (message) => {
        given.push(message.text());
        if (message.text() === 'd') throw new Error('dead letters are full');
      },
    });
    const told: string[] = [];
    consumer.on('maxAttempts', (message) => told.push(message.text()));
    peer.message(1, 'a', 1).message(2, 'b', 3).message(3, 'c', 4).message(4, 'd', 9);
    await peer.until('all', () => peer.of('FIN').length + peer.of('REQ').length === 4);
    expect({ handled, given, told }).toEqual({ handled: ['a', 'b'], given: ['c', 'd'], told: ['c', 'd'] });
    expect(peer.of('REQ')).toEqual([`REQ ${id(4)} 810000`]);
  });
});

it('backs off as a whole when handlers fail, tests with one message, and takes all again', async () => {
  await using(async (defer) => {
    let broken = true;
    const { peers, peer, consumer } = await running(
      defer,
      () => {
        if (broken) throw new Error('broken');
      },
      { maxInFlight: 20, backoff: { multiplier: 20 }, requeueDelay: 0 },
      { count: 2 },
    );
    const states: string[] = [];
    consumer.on('backoff', (state, level, delay) => states.push(`${state} ${level} ${delay}`));
    for (const each of peers) await each.got('RDY 10');
    peer.message(1).message(2).message(3);
    await eventually('the test', () => states.length === 2);
    expect(states).toEqual(['waiting 1 40', 'testing 1 0']);
    await eventually(
      'one RDY',
      () =>
        peers
          .map(({ rdy }) => rdy)
          .sort()
          .join() === '0,1',
    );
    const tested = (): (typeof peers)[number] | undefined => peers.find(({ rdy }) => rdy === 1);
    await eventually('a tested one', () => tested() !== undefined);
    tested()?.message(4);
    await eventually('deeper', () => states.includes('waiting 2 80'));
    broken = false;
    for (const level of [2, 1]) {
      await eventually(`test at ${level}`, () => states.at(-1) === `testing ${level} 0`);
      await eventually('a tested one', () => tested() !== undefined);
      tested()?.message(10 - level);
    }
    await eventually('the end of it', () => states.at(-1) === 'none 0 0');
    for (const each of peers) await each.until('RDY 10 again', () => each.rdy === 10);
    expect(states).toEqual(['waiting 1 40', 'testing 1 0', 'waiting 2 80', 'testing 2 0', 'waiting 1 40', 'testing 1 0', 'none 0 0']);
  });
});

it('moves what there is from nsqd to nsqd when there are more of them', async () => {
  await using(async (defer) => {
    const { peers } = await running(defer, () => undefined, { maxInFlight: 1 }, { count: 3 });
    for (const each of peers) await each.until('two turns', () => each.of('RDY 1').length >= 2);
  });
});

it('stops and takes less or more while it runs', async () => {
  await using(async (defer) => {
    const { peer, consumer } = await running(defer, () => undefined);
    await peer.got('RDY 100');
    consumer.maxInFlight = 0;
    await peer.got('RDY 0');
    consumer.maxInFlight = 3;
    await peer.got('RDY 3');
    expect(() => (consumer.maxInFlight = -1)).toThrow(RangeError);
    expect(consumer.maxInFlight).toBe(3);
  });
});

it('touches what is unanswered as often as needed, when it should', async () => {
  await using(async (defer) => {
    const gate = new Deferred();
    const { peer } = await running(
      defer,
      () => gate.promise,
      { autoTouch: true, concurrency: 1 },
      { identify: { msg_timeout: 40, max_msg_timeout: 60_000 } },
    );
    peer.message(1).message(2);
    await peer.until('two touches each', () => peer.of(`TOUCH ${id(1)}`).length >= 2 && peer.of(`TOUCH ${id(2)}`).length >= 2);
    gate.resolve();
    await peer.until('two FINs', () => peer.of('FIN').length === 2);
  });
});

it('does not begin with a message whose time is up, and reports answers that are too late', async () => {
  await using(async (defer) => {
    const gate = new Deferred();
    const handled: string[] = [];
    const late: LateAnswer[] = [];
    const { peer, consumer } = await running(
      defer,
      (message) => {
        handled.push(message.id);
        return gate.promise;
      },
      { concurrency: 1 },
      {
        identify: { msg_timeout: 30 },
        script: (command) => (command.startsWith('FIN') ? `E_FIN_FAILED ${command} failed ID not in flight` : null),
      },
    );
    consumer.on('late', (answer) => late.push(answer));
    peer.message(1).message(2);
    await eventually('received', () => handled.length === 1);
    await eventually('expired', () => consumer.inFlight === 0);
    gate.resolve();
    await eventually('the late one', () => late.length === 1);
    expect(handled).toEqual([id(1)]);
    expect(late[0]).toMatchObject({ command: 'FIN', messageId: id(1), error: { code: 'E_FIN_FAILED', fatal: false } });
    expect(consumer.connections).toHaveLength(1);
  });
});

it('reports answers that their connection did not live to see, and subscribes again', async () => {
  await using(async (defer) => {
    const gate = new Deferred();
    const late: LateAnswer[] = [];
    const { peer, consumer, servers } = await running(defer, () => gate.promise);
    consumer.on('late', (answer) => late.push(answer));
    const lost = new Promise((resolve) => consumer.once('disconnected', (_, error) => resolve(error?.code)));
    peer.message(1);
    await eventually('received', () => consumer.inFlight === 1);
    peer.socket.destroy();
    expect(await lost).toBe('ERR_NSQ_CONNECTION_LOST');
    const next = await servers[0]?.connection(1);
    await next?.got('RDY 100');
    gate.resolve();
    await eventually('late', () => late.length === 1);
    expect(late[0]).toMatchObject({ command: 'FIN', messageId: id(1), error: { code: 'ERR_NSQ_CONNECTION_LOST' } });
    expect(next?.of('FIN')).toEqual([]);
  });
});

it('tries again when it may not subscribe, and says why', async () => {
  await using(async (defer) => {
    let refusals = 0;
    const nsqd = defer(
      await FakeNsqd.start((command) => (command.startsWith('SUB') && ++refusals < 3 ? 'E_SUB_FAILED SUB failed exiting' : null)),
    );
    const consumer = defer(new Consumer({ topic: 't', channel: 'c', nsqds: nsqd.address, ...QUICKLY }));
    const why: string[] = [];
    consumer.on('connectFailed', (_, error) => why.push(error.code));
    void consumer.run(() => undefined);
    await consumer.ready();
    expect(why).toEqual(['E_SUB_FAILED', 'E_SUB_FAILED']);
  });
});

it('hands out messages one by one, and closes when the loop is left', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start());
    const consumer = defer(new Consumer({ topic: 't', channel: 'c', nsqds: nsqd.address, ...QUICKLY }));
    const seen: string[] = [];
    const reading = (async () => {
      for await (const message of consumer) {
        seen.push(message.text());
        if (message.text() === 'bad') message.requeue(10, { backoff: false });
        else message.finish();
        if (seen.length === 3) break;
      }
    })();
    const peer = await nsqd.connection();
    await peer.got('RDY 100');
    peer.socket.cork();
    peer.message(1, 'a').message(2, 'bad').message(3, 'c').message(4, 'd');
    peer.socket.uncork();
    await reading;
    await peer.until('the end', () => peer.ended);
    expect(seen).toEqual(['a', 'bad', 'c']);
    expect(peer.of('FIN')).toEqual([`FIN ${id(1)}`, `FIN ${id(3)}`]);
    expect(peer.of('REQ')).toEqual([`REQ ${id(2)} 10`, `REQ ${id(4)} 0`]);
    expect(peer.of('CLS')).toHaveLength(1);
  });
});

it('ends the loop when it is closed', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start());
    const consumer = defer(new Consumer({ topic: 't', channel: 'c', nsqds: nsqd.address }));
    const reading = (async () => {
      for await (const message of consumer) message.finish();
    })();
    await consumer.ready();
    await consumer.close();
    await reading;
  });
});

it('closes when the handlers that run are done; what nobody has begun with goes back', async () => {
  await using(async (defer) => {
    const gate = new Deferred();
    const { peer, consumer, ended } = await running(defer, () => gate.promise, { concurrency: 1 });
    peer.message(1).message(2);
    await eventually('received', () => consumer.inFlight === 2);
    const closing = consumer.close();
    expect(consumer.close()).toBe(closing);
    await peer.got('CLS');
    await peer.got(`REQ ${id(2)} 0`);
    // What was on its way already.
    peer.message(3);
    await peer.got(`REQ ${id(3)} 0`);
    expect(peer.ended).toBe(false);
    gate.resolve();
    await closing;
    await ended;
    await peer.until('the end', () => peer.ended);
    const { commands } = peer;
    expect(commands.indexOf('RDY 0')).toBeLessThan(commands.indexOf('CLS'));
    expect(commands.at(-1)).toBe(`FIN ${id(1)}`);
  });
});

it('closes in bounded time, whatever handlers and nsqd do', async () => {
  await using(async (defer) => {
    const { peer, consumer, ended } = await running(defer, () => never, {}, { script: (command) => (command === 'CLS' ? '' : null) });
    peer.message(1);
    await eventually('received', () => consumer.inFlight === 1);
    await consumer.close({ timeout: 20 });
    await ended;
    await peer.until('the end', () => peer.ended);
    expect(await failure(consumer.ready())).toMatchObject({ code: 'ERR_NSQ_CLOSED' });
    expect(() => consumer.run(() => undefined)).toThrow('closed');
  });
});

it('closes when the signal of run is aborted', async () => {
  await using(async (defer) => {
    const nsqd = defer(await FakeNsqd.start());
    const consumer = defer(new Consumer({ topic: 't', channel: 'c', nsqds: nsqd.address }));
    const abort = new AbortController();
    const ended = consumer.run(() => undefined, { signal: abort.signal });
    expect(() => consumer.run(() => undefined)).toThrow('runs already');
    await consumer.ready();
    abort.abort();
    await ended;
  });
});

it('can be closed before it has connected', async () => {
  const consumer = new Consumer({ topic: 't', channel: 'c', nsqds: '127.0.0.1:1' });
  const ended = consumer.run(() => undefined);
  const ready = failure(consumer.ready());
  await consumer.close();
  await ended;
  expect(await ready).toMatchObject({ code: 'ERR_NSQ_CLOSED' });
  await new Consumer({ topic: 't', channel: 'c', nsqds: '127.0.0.1:1' }).close();
});

it.each<[Partial<ConsumerOptions>, string | RegExp]>([
  [{ topic: 'no spaces' }, /^E_BAD_TOPIC SUB topic name "no spaces" is not valid$/],
  [{ channel: '' }, /^E_BAD_CHANNEL /],
  [{ maxInFlight: 0 }, /maxInFlight must be/],
  [{ concurrency: 0 }, /concurrency must be/],
  [{ maxAttempts: 65_536 }, /maxAttempts must be/],
  [{ requeueDelay: -1 }, /requeueDelay must be/],
  [{ sampleRate: 100 }, /sampleRate must be a whole number from 1 to 99 percent, got 100/],
  [{ msgTimeout: 999 }, /msgTimeout must be/],
  [{ backoff: { max: -1 } }, /backoff\.max must be/],
])('refuses options that cannot work: %j', (options, message) => {
  expect(() => new Consumer({ topic: 't', channel: 'c', nsqds: 'h', ...options })).toThrow(message);
});

it('is starved while 85 % of what an nsqd may send is unanswered', async () => {
  await using(async (defer) => {
    const messages: Message[] = [];
    const { consumer, peer } = await running(defer, (message) => messages.push(message), { maxInFlight: 10, autoFinish: false });
    await peer.got('RDY 10');
    expect(consumer.starved).toBe(false);
    for (let i = 1; i <= 7; i++) peer.message(i);
    await eventually('seven messages', () => messages.length === 7);
    expect(consumer.starved).toBe(false);
    peer.message(8);
    await eventually('eight messages', () => messages.length === 8);
    expect(consumer.starved).toBe(true);
    for (const message of messages) message.finish();
    expect(consumer.starved).toBe(false);
  });
});
