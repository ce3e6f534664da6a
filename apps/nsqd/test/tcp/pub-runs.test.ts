import fc from 'fast-check';
import { NOP, encodeDpub, encodeMpub, encodePub } from '@nsq/protocol';
import { withDaemon } from './daemon.js';

const pub = (topic: string, text: string): Buffer => encodePub(topic, Buffer.from(text));

it('answers many PUBs of one chunk one by one, in order with all other answers', async () => {
  await withDaemon({}, async (daemon) => {
    const client = await (await daemon.client()).subscribe('own', 'c');
    client.send(
      pub('a', '1'), pub('a', '2'), 'FIN aaaaaaaaaaaaaaaa\n', pub('b', '3'), NOP, pub('b', '4'), 'TOUCH bbbbbbbbbbbbbbbb\n',
      encodeMpub('a', [Buffer.from('5'), Buffer.from('6')]), pub('a', '7'), 'REQ cccccccccccccccc 0\n', encodeDpub('a', 0, Buffer.from('8')),
      pub('a', '9'), 'CLS\n', pub('a', '10'), 'RDY x\n', pub('a', '11'), 'FOO\n', pub('a', 'never'),
    ); // prettier-ignore
    const texts = (await client.rest()).map((text) => text.slice(0, 12));
    expect(texts).toEqual([
      'OK', 'OK', '!E_FIN_FAILE', 'OK', 'OK', '!E_TOUCH_FAI', 'OK', 'OK', '!E_REQ_FAILE', 'OK', 'OK', 'CLOSE_WAIT', 'OK', 'OK', '!E_INVALID i',
    ]); // prettier-ignore
    expect([daemon.topic('a').depth, daemon.topic('b').depth]).toEqual([9, 2]);
    const consumer = await (await daemon.client()).subscribe('a', 'c', 100);
    const got = await consumer.messages(9);
    expect(got.map(({ body }) => body.toString())).toEqual(['1', '2', '5', '6', '7', '8', '9', '10', '11']);
  });
});

it('files every PUB under its topic, wherever runs and chunks end', async () => {
  await withDaemon({}, async (daemon) => {
    const client = await daemon.client();
    let round = 0;
    const step = fc.record({
      topic: fc.constantFrom('a', 'b', 'ab'),
      text: fc.string({ minLength: 1, maxLength: 40 }),
      then: fc.constantFrom('', 'NOP\n'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 200 }), fc.array(fc.nat()), async (steps, cuts) => {
        const suffix = `${round++}`;
        const all = Buffer.concat(
          steps.flatMap(({ topic, text, then }) => [encodePub(topic + suffix, Buffer.from(text)), Buffer.from(then)]),
        );
        const edges = [0, ...cuts.map((n) => n % all.length), all.length].sort((x, y) => x - y);
        for (let i = 1; i < edges.length; i++) client.send(all.subarray(edges[i - 1], edges[i]));
        await client.ok(steps.length);
        for (const name of ['a', 'b', 'ab']) {
          const sent = steps.filter(({ topic }) => topic === name).map(({ text }) => text);
          if (sent.length === 0) continue;
          const consumer = await (await daemon.client()).subscribe(name + suffix, 'c', 2500);
          expect((await consumer.messages(sent.length)).map(({ body }) => body.toString())).toEqual(sent);
          await consumer.destroy();
        }
      }),
      { numRuns: 25 },
    );
  });
}, 30_000);

it('makes a topic anew that was deleted between two chunks, or inside an MPUB', async () => {
  await withDaemon({}, async (daemon) => {
    const { engine } = daemon.nsqd;
    const client = await daemon.client();
    await client.send(pub('t', '1'), pub('t', '2')).ok(2);
    engine.deleteTopic('t');
    await client.send(pub('t', '3')).ok();
    expect(daemon.topic('t').depth).toBe(1);
    const mpub = encodeMpub('t', [Buffer.from('4'), Buffer.from('5')]);
    client.send(pub('t', '6'), mpub.subarray(0, 20));
    await client.ok();
    engine.deleteTopic('t');
    await client.send(mpub.subarray(20), pub('t', '7')).ok(2);
    expect(daemon.topic('t').depth).toBe(3);
  });
});

it('counts what a client has published, by topic', async () => {
  await withDaemon({}, async (daemon) => {
    const client = await daemon.client();
    client.send(
      pub('a', '1'),
      pub('b', '2'),
      pub('a', '3'),
      encodeMpub('b', [Buffer.from('4'), Buffer.from('5')]),
      encodeDpub('a', 9, Buffer.from('6')),
    );
    await client.ok(5);
    expect([...daemon.nsqd.clients()].flatMap(({ pubCounts }) => pubCounts)).toEqual([
      { topic: 'a', count: 3 },
      { topic: 'b', count: 3 },
    ]);
  });
});
