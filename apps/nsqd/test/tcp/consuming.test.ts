import { CLS, encodeDpub, encodeFin, encodeMpub, encodePub, encodeRdy, encodeReq, encodeTouch } from '@nsq/protocol';
import type { Client } from './client.js';
import { eventually, withDaemon } from './daemon.js';

const texts = (n: number): Buffer[] => Array.from({ length: n }, (_, i) => Buffer.from(`m${i}`));

async function publish(client: Client, topic: string, n: number): Promise<void> {
  await client.send(encodeMpub(topic, texts(n))).ok();
}

const bodies = (messages: readonly { readonly body: Buffer }[]): string[] => messages.map(({ body }) => body.toString());

it('delivers up to RDY, then one for each FIN, and revokes nothing when RDY falls', async () => {
  await withDaemon({}, async (daemon) => {
    const client = await (await daemon.client()).subscribe('t', 'c');
    await publish(await daemon.client(), 't', 6);
    expect(await client.settled()).toEqual([]); // nothing before RDY
    client.send(encodeRdy(2));
    const [a, b] = await client.messages(2);
    expect(await client.settled()).toEqual([]);
    client.send(encodeFin(a?.id ?? ''));
    const [c] = await client.messages(1);
    client.send(encodeRdy(1), encodeFin(b?.id ?? ''));
    expect(await client.settled()).toEqual([]); // one is still in flight
    expect(daemon.channel('t', 'c').inFlightCount).toBe(1);
    client.send(encodeFin(c?.id ?? ''));
    expect(bodies(await client.messages(1))).toEqual(['m3']);
    client.send('RDY 0\n');
    expect(await client.settled()).toEqual([]);
    client.send('RDY 5\n');
    expect(bodies(await client.messages(2))).toEqual(['m4', 'm5']);
  });
});

it('takes RDY without a count as 1, and an empty one as 0', async () => {
  await withDaemon({}, async (daemon) => {
    const client = await (await daemon.client()).subscribe('t', 'c');
    client.send('RDY\n', 'RDY \n');
    await publish(await daemon.client(), 't', 2);
    expect(await client.settled()).toEqual([]);
    client.send('RDY\n');
    expect(bodies(await client.messages(1))).toEqual(['m0']);
  });
});

it('after CLS delivers nothing more, but takes FIN, REQ, TOUCH and PUB, and ignores RDY', async () => {
  await withDaemon({}, async (daemon) => {
    const client = await (await daemon.client()).subscribe('t', 'c', 3);
    await publish(await daemon.client(), 't', 5);
    const [a, b, c] = await client.messages(3);
    expect(await client.send(CLS).text()).toBe('CLOSE_WAIT');
    client.send('RDY xyz\n', encodeRdy(100), encodeFin(a?.id ?? ''), encodeReq(b?.id ?? '', 0), encodeTouch(c?.id ?? ''));
    client.send(encodePub('t', Buffer.from('late')));
    expect(await client.settled()).toEqual(['OK']);
    const channel = daemon.channel('t', 'c');
    expect([channel.inFlightCount, channel.depth]).toEqual([1, 4]);
    expect(await client.send(CLS).rest()).toEqual(['!E_INVALID cannot CLS in current state']);
  });
});

it('requeues at once with 0, later with a delay, and holds a delay beyond the bound to the bound', async () => {
  await withDaemon({ maxReqTimeout: 500 }, async (daemon) => {
    const client = await (await daemon.client()).subscribe('t', 'c', 1);
    await publish(await daemon.client(), 't', 1);
    const first = await client.message();
    const second = await client.send(encodeReq(first.id, 0)).message();
    expect([second.id, second.attempts, second.timestamp]).toEqual([first.id, 2, first.timestamp]);
    const from = performance.now();
    client.send(`REQ ${first.id} 99999999999999999999999\n`);
    expect(await client.settled()).toEqual([]);
    expect(daemon.channel('t', 'c').deferredCount).toBe(1);
    expect((await client.message()).attempts).toBe(3);
    expect(performance.now() - from).toBeGreaterThanOrEqual(499);
    expect(performance.now() - from).toBeLessThan(3000);
    expect(await client.send(`REQ ${first.id} \n`, encodeFin(first.id)).text()).toMatch(/^!E_FIN_FAILED .* ID not in flight$/);
    expect((await client.message()).attempts).toBe(4);
  });
});

it('lets only the owner answer, and only once', async () => {
  await withDaemon({}, async (daemon) => {
    const owner = await (await daemon.client()).subscribe('t', 'c', 1);
    await publish(await daemon.client(), 't', 1);
    const { id } = await owner.message();
    const other = await (await daemon.client()).subscribe('t', 'c');
    other.send(encodeFin(id), encodeReq(id, 0), encodeTouch(id));
    expect(await other.settled()).toEqual(
      ['FIN', 'REQ', 'TOUCH'].map((command) => `!E_${command}_FAILED ${command} ${id} failed client does not own message`),
    );
    owner.send(encodeFin(id), encodeFin(id));
    expect(await owner.settled()).toEqual([`!E_FIN_FAILED FIN ${id} failed ID not in flight`]);
  });
});

it('takes a message back after the timeout of its consumer, unless TOUCH moves it, up to the bound', async () => {
  await withDaemon({ maxMsgTimeout: 2500, queueScanInterval: 20 }, async (daemon) => {
    const client = await (await daemon.client({ msg_timeout: 1000 })).subscribe('t', 'c', 2);
    await publish(await daemon.client(), 't', 2);
    const [touched] = await client.messages(2);
    const from = performance.now();
    const touching = setInterval(() => client.send(encodeTouch(touched?.id ?? '')), 300);
    try {
      const left = await client.message();
      expect([left.body.toString(), left.attempts]).toEqual(['m1', 2]);
      const timeLeft = performance.now() - from;
      client.send(encodeFin(left.id));
      const back = await client.message();
      expect([back.body.toString(), back.attempts]).toEqual(['m0', 2]);
      const timeBack = performance.now() - from;
      expect(timeLeft).toBeGreaterThan(950);
      expect(timeLeft).toBeLessThan(2300);
      expect(timeBack).toBeGreaterThan(2450);
      expect(timeBack).toBeLessThan(4000);
    } finally {
      clearInterval(touching);
    }
  });
});

it('keeps what a client held in flight when it leaves, until the timeout', async () => {
  await withDaemon({ queueScanInterval: 20 }, async (daemon) => {
    const leaver = await (await daemon.client({ msg_timeout: 1000 })).subscribe('t', 'c', 1);
    await publish(await daemon.client(), 't', 1);
    await leaver.message();
    await leaver.destroy();
    await eventually('it has left', () => daemon.channel('t', 'c').consumers.size === 0);
    expect(daemon.channel('t', 'c').inFlightCount).toBe(1);
    const stayer = await (await daemon.client()).subscribe('t', 'c', 1);
    expect((await stayer.message()).attempts).toBe(2);
    expect(daemon.channel('t', 'c').timeoutCount).toBe(1);
  });
});

it('drops what a sample leaves out', async () => {
  await withDaemon({}, async (daemon) => {
    const client = await (await daemon.client({ sample_rate: 19 })).subscribe('t', 'c', 2500);
    const producer = await daemon.client();
    const n = 10_000;
    await publish(producer, 't', n);
    const channel = daemon.channel('t', 'c');
    let got = 0;
    while (channel.depth > 0 || channel.inFlightCount > 0 || client.unread > 0) {
      if (client.unread > 0) {
        client.send(encodeFin((await client.message()).id));
        got++;
      } else {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    // One in five; eight standard deviations either way.
    expect(got).toBeGreaterThan(n / 5 - 320);
    expect(got).toBeLessThan(n / 5 + 320);
  });
});

it('refuses a consumer too many, and takes one again when another has left', async () => {
  await withDaemon({ maxChannelConsumers: 1 }, async (daemon) => {
    const first = await (await daemon.client()).subscribe('t', 'c');
    await (await daemon.client()).subscribe('t', 'd');
    expect(await (await daemon.client()).send('SUB t c\n').rest()).toEqual([
      '!E_SUB_FAILED SUB failed consumers for t:c exceeds limit of 1',
    ]);
    await first.destroy();
    await eventually('it has left', () => daemon.channel('t', 'c').consumers.size === 0);
    await (await daemon.client()).subscribe('t', 'c');
  });
});

it.each([
  ['topic', (engine) => engine.deleteTopic('t')],
  ['channel', (engine) => engine.topics.get('t')?.deleteChannel('c')],
] as readonly [string, (engine: import('../../src/queue/engine.js').Engine) => void][])(
  'closes its consumers without a frame when a %s is deleted',
  async (_, remove) => {
    await withDaemon({}, async (daemon) => {
      const client = await (await daemon.client()).subscribe('t', 'c', 1);
      const bystander = await (await daemon.client()).subscribe('u', 'c');
      await publish(await daemon.client(), 't', 2);
      await client.message();
      remove(daemon.nsqd.engine);
      expect(await client.rest()).toEqual([]);
      expect(await bystander.settled()).toEqual([]);
    });
  },
);

it('deletes an ephemeral channel with its last consumer, and an ephemeral topic with its last channel', async () => {
  await withDaemon({}, async (daemon) => {
    const { topics } = daemon.nsqd.engine;
    const a = await (await daemon.client()).subscribe('t', 'c#ephemeral', 5);
    const b = await (await daemon.client()).subscribe('t', 'c#ephemeral');
    const c = await (await daemon.client()).subscribe('e#ephemeral', 'c#ephemeral');
    await publish(await daemon.client(), 't', 3);
    await a.messages(3);
    await a.destroy();
    await eventually('one has left', () => daemon.channel('t', 'c#ephemeral').consumers.size === 1);
    b.finish();
    await b.end();
    expect(daemon.topic('t').channels.size).toBe(0);
    c.socket.resetAndDestroy();
    await eventually('the topic is gone', () => !topics.has('e#ephemeral'));
    // A new one begins empty.
    const again = await (await daemon.client()).subscribe('t', 'c#ephemeral', 5);
    expect(await again.settled()).toEqual([]);
  });
});

it('holds a deferred publish back as long as it says', async () => {
  await withDaemon({ queueScanInterval: 20 }, async (daemon) => {
    const client = await (await daemon.client()).subscribe('t', 'c', 5);
    const from = performance.now();
    client.send(encodeDpub('t', 300, Buffer.from('later')), encodeDpub('t', 0, Buffer.from('now')));
    await client.ok(2);
    expect(bodies(await client.messages(2))).toEqual(['now', 'later']);
    expect(performance.now() - from).toBeGreaterThanOrEqual(299);
  });
});
