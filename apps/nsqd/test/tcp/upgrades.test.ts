import { MAGIC_V2, OK_FRAME, decodeMessage, encodeFin, encodeIdentify, encodeMpub, encodePub, type IdentifyRequest } from '@nsq/protocol';
import { type Codec, deflateCodec, snappyCodec } from '@nsq/snappy';
import fc from 'fast-check';
import { serverCertificate, trusting } from './certificates.js';
import type { Client } from './client.js';
import { withDaemon, type Daemon } from './daemon.js';

interface Layering {
  readonly name: string;
  readonly identify: IdentifyRequest;
  readonly codec?: () => Codec;
}

const deflate = (): Codec => deflateCodec(6);
const LAYERINGS: readonly Layering[] = [
  { name: 'TLS', identify: { tls_v1: true } },
  { name: 'deflate', identify: { deflate: true }, codec: deflate },
  { name: 'snappy', identify: { snappy: true }, codec: snappyCodec },
  { name: 'TLS and deflate', identify: { tls_v1: true, deflate: true, deflate_level: 1 }, codec: deflate },
  { name: 'TLS and snappy', identify: { tls_v1: true, snappy: true }, codec: snappyCodec },
];
const BOTH = LAYERINGS.filter(({ identify }) => identify.tls_v1 !== true);
const TIMEOUT = 60_000;

/** A client behind IDENTIFY and all the layers it asks for, each of which has said OK. */
async function layered(daemon: Daemon, { identify, codec }: Layering): Promise<Client> {
  const client = daemon.connect();
  const answer = await client.negotiate(identify);
  expect(answer).toMatchObject({
    tls_v1: identify.tls_v1 === true,
    deflate: identify.deflate === true,
    snappy: identify.snappy === true,
  });
  if (identify.tls_v1 === true) {
    await client.startTls(trusting);
    await client.ok();
  }
  if (codec !== undefined) {
    client.compress(codec());
    await client.ok();
  }
  return client;
}

describe.each(LAYERINGS)('a connection through $name', (layering) => {
  it('publishes and consumes', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = await layered(daemon, layering);
      client.send(encodePub('t', Buffer.from('one')), encodeMpub('t', [Buffer.from('two'), Buffer.alloc(200_000, 'x')]));
      await client.ok(2);
      await client.subscribe('t', 'c', 10);
      const messages = await client.messages(3);
      expect(messages.map(({ body }) => body.length).sort((a, b) => a - b)).toEqual([3, 3, 200_000]);
      for (const { id } of messages) client.send(encodeFin(id));
      expect(await client.settled()).toEqual([]);
      expect(daemon.channel('t', 'c').inFlightCount).toBe(0);
    });
  });

  it('gets its fatal errors through the layer', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = await layered(daemon, layering);
      expect(await client.send('FOO\n').rest()).toEqual(['!E_INVALID invalid command FOO']);
      await client.destroy();
    });
  });

  it('gets heartbeats through the layer', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = await layered(daemon, { ...layering, identify: { ...layering.identify, heartbeat_interval: 1000 } });
      expect(await client.text()).toBe('_heartbeat_');
      client.send('NOP\n');
      expect(await client.text()).toBe('_heartbeat_');
    });
  });

  it('is answered what came before its end', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = await layered(daemon, layering);
      client.send(encodePub('t', Buffer.from('last'))).finish();
      expect(await client.rest()).toEqual(['OK']);
      expect(daemon.topic('t').messageCount).toBe(1);
    });
  });

  it('is shown by its state', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      await layered(daemon, layering);
      const { identify } = layering;
      const tls = identify.tls_v1 === true;
      expect([...daemon.nsqd.clients()]).toMatchObject([
        {
          tls,
          tlsVersion: tls ? 'TLS1.3' : '',
          tlsCipherSuite: tls ? 'Unknown 4866' : '',
          tlsNegotiatedProtocolIsMutual: tls,
          deflate: identify.deflate === true,
          snappy: identify.snappy === true,
        },
      ]);
    });
  });

  it('keeps its layers through a second IDENTIFY', async () => {
    await withDaemon(serverCertificate, async (daemon) => {
      const client = await layered(daemon, layering);
      client.send(
        encodeIdentify({ ...layering.identify, feature_negotiation: true, output_buffer_size: 4096 }),
        encodePub('t', Buffer.from('a')),
      );
      expect(JSON.parse(await client.text())).toMatchObject({ tls_v1: false, deflate: false, snappy: false, output_buffer_size: 4096 });
      await client.ok();
    });
  });

  it(
    'carries anything, however it is cut',
    async () => {
      await withDaemon(serverCertificate, async (daemon) => {
        const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 20 });
        const repeating = fc
          .array(fc.nat(255), { minLength: 1, maxLength: 90_000 / 10 })
          .map((bytes) => Uint8Array.from([...bytes, ...bytes]));
        const publish = fc.oneof(
          bodies,
          repeating.map((body) => [body]),
        );
        const cuts = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 10 });
        let topic = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(publish, { minLength: 1, maxLength: 5 }), cuts, async (batches, sizes) => {
            const client = await layered(daemon, layering);
            const name = `t${topic++}`;
            const sent = batches.flat().map((body) => Buffer.from(body));
            const commands = batches.map((batch) =>
              batch.length === 1
                ? encodePub(name, Buffer.from(batch[0] ?? []))
                : encodeMpub(
                    name,
                    batch.map((body) => Buffer.from(body)),
                  ),
            );
            const bytes = Buffer.concat(commands);
            for (let at = 0, i = 0; at < bytes.length; i++) {
              const size = sizes[i % sizes.length] ?? 1;
              client.send(bytes.subarray(at, at + size));
              at += size;
            }
            await client.ok(batches.length);
            await client.subscribe(name, 'c', 2500);
            const got = await client.messages(sent.length);
            const sorted = (all: readonly Buffer[]): string[] => all.map((body) => body.toString('base64')).sort();
            expect(sorted(got.map(({ body }) => body))).toEqual(sorted(sent));
            await client.destroy();
          }),
          { numRuns: 15 },
        );
      });
    },
    TIMEOUT,
  );
});

describe.each(BOTH)('$name', (layering) => {
  const { identify, codec = deflate } = layering;

  it('reads on in what came right behind IDENTIFY', async () => {
    await withDaemon({}, async (daemon) => {
      const { compressor } = codec();
      const made = new Promise<Buffer>((resolve) => compressor.once('data', resolve));
      compressor.write(encodePub('t', Buffer.from('early')));
      const early = await made;
      const client = daemon.connect();
      await client.negotiate(identify, Buffer.alloc(0), early);
      client.compress(codec());
      await client.ok(2);
      expect(daemon.topic('t').messageCount).toBe(1);
    });
  });

  it('may be switched off', async () => {
    await withDaemon({ deflate: false, snappy: false }, async (daemon) => {
      const client = daemon.connect();
      expect(await client.negotiate(identify)).toMatchObject({ deflate: false, snappy: false });
      await client.send(encodePub('t', Buffer.from('plain'))).ok();
    });
  });

  it('asks for feature negotiation', async () => {
    await withDaemon({}, async (daemon) => {
      const client = await daemon.client({ ...identify });
      await client.send(encodePub('t', Buffer.from('plain'))).ok();
    });
  });

  it('ends without a frame where its input is damaged, after the answers to what came before', async () => {
    await withDaemon({}, async (daemon) => {
      const client = await layered(daemon, layering);
      client.send(encodePub('t', Buffer.from('good')));
      await client.ok();
      client.socket.write(Buffer.from('\x07\xff\xff\xff this is neither', 'latin1'));
      expect(await client.rest()).toEqual([]);
    });
  });

  it('holds a slow reader back, and delivers all in the end', async () => {
    await withDaemon({}, async (daemon) => {
      const body = Buffer.from(Array.from({ length: 100_000 }, () => Math.floor(Math.random() * 256)));
      const producer = await daemon.client();
      for (let i = 0; i < 200; i++) producer.send(encodePub('t', body));
      await producer.ok(200);
      const client = await layered(daemon, layering);
      client.socket.pause();
      client.send('SUB t c\nRDY 2500\n');
      const moved = (): number => daemon.channel('t', 'c').inFlightCount;
      let before = -1;
      while (before !== 0 && (before === -1 || moved() !== before)) {
        before = daemon.nsqd.engine.topics.get('t')?.channels.has('c') === true ? moved() : -1;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      expect(moved()).toBeLessThan(200);
      client.socket.resume();
      await client.ok();
      const got = await client.messages(200);
      expect(got.every((message) => message.body.equals(body))).toBe(true);
    });
  }, 30_000);
});

it('refuses two compressions at once', async () => {
  await withDaemon({}, async (daemon) => {
    const client = daemon.connect();
    client.send(MAGIC_V2, encodeIdentify({ feature_negotiation: true, deflate: true, snappy: true }));
    expect(await client.rest()).toEqual(['!E_IDENTIFY_FAILED cannot enable both deflate and snappy compression']);
  });
});

it.each([
  [undefined, 6, 6],
  [0, 6, 6],
  [-5, 6, 6],
  [1, 6, 1],
  [7, 6, 6],
  [100, 9, 9],
  [undefined, 3, 3],
])('takes deflate level %p, at most %p, for %p', async (asked, most, level) => {
  await withDaemon({ maxDeflateLevel: most }, async (daemon) => {
    const identify = { deflate: true, ...(asked === undefined ? {} : { deflate_level: asked }) };
    expect(await daemon.connect().negotiate(identify)).toMatchObject({ deflate: true, deflate_level: level, max_deflate_level: most });
  });
});

it('answers in plain text what was asked before the layer', async () => {
  await withDaemon({}, async (daemon) => {
    const client = daemon.connect();
    const before = Buffer.concat([encodePub('t', Buffer.from('a')), encodePub('t', Buffer.from('b'))]);
    expect(await client.negotiate({ snappy: true }, before)).toMatchObject({ snappy: true });
    client.compress(snappyCodec());
    await client.ok(3);
  });
});

it('writes the bytes of the reference for the first and the second OK in snappy', async () => {
  await withDaemon({}, async (daemon) => {
    const client = daemon.connect();
    await client.negotiate({ snappy: true, heartbeat_interval: -1 });
    const raw: Buffer[] = [];
    client.socket.on('data', (bytes) => raw.push(bytes)).resume();
    const first = 'ff060000734e61507059010e000026982bcf00000006000000004f4b';
    const second = '010e000026982bcf00000006000000004f4b';
    const { compressor } = snappyCodec();
    compressor.on('data', (bytes: Buffer) => client.socket.write(bytes));
    compressor.write(encodePub('t', Buffer.from('a')));
    const length = (first.length + second.length) / 2;
    while (Buffer.concat(raw).length < length) await new Promise((resolve) => client.socket.once('data', resolve));
    expect(Buffer.concat(raw).toString('hex')).toBe(first + second);
    expect(OK_FRAME.toString('hex')).toBe(second.slice(16));
    expect(decodeMessage(Buffer.alloc(0))).toBeUndefined();
  });
});
