import { constants, deflateRawSync } from 'node:zlib';
import { OK_FRAME, encodePub } from '@nsq/protocol';
import { SnappyEncoder, deflateCodec, snappyCodec } from '@nsq/snappy';
import { withDaemon } from './daemon.js';
import { heldBytes } from './memory.js';

const MIB = 1024 * 1024;
const PLAIN_BYTES = 64 * MIB;
/** Pieces under way, the sockets' own buffers, and whatever else the daemon holds. */
const MAX_HELD = 16 * MIB;
const TIMEOUT = 60_000;

/** As long as a line may be about, so that reading it is cheap: parameters of a NOP are ignored. */
const LINE = `NOP ${'x'.repeat(16_379)}\n`;
const plain = (): Buffer => Buffer.concat([Buffer.alloc(PLAIN_BYTES, LINE), encodePub('t', Buffer.from('end'))]);

it.each([
  ['deflate', { deflate: true }, deflateCodec, () => deflateRawSync(plain(), { finishFlush: constants.Z_SYNC_FLUSH })],
  ['snappy', { snappy: true }, snappyCodec, () => new SnappyEncoder().encode(plain())],
])(
  'holds little of what a short input in %s unpacks to',
  async (_, identify, codec, make) => {
    const bomb = Buffer.from(make());
    expect(bomb.length).toBeLessThan(PLAIN_BYTES / 15);
    await withDaemon({}, async (daemon) => {
      const client = daemon.connect();
      await client.negotiate(identify);
      client.compress(codec(6));
      await client.ok();
      const before = heldBytes();
      let most = 0;
      let watch: NodeJS.Timeout | undefined;
      // To look costs two collections: the daemon, in the same process, has to come to its turn in between.
      const look = (): void => {
        const started = performance.now();
        most = Math.max(most, heldBytes() - before);
        watch = setTimeout(look, Math.max(200, 10 * (performance.now() - started)));
      };
      watch = setTimeout(look, 200);
      client.socket.write(bomb);
      await client.ok();
      clearTimeout(watch);
      expect(most).toBeLessThan(MAX_HELD);
      expect(daemon.topic('t').messageCount).toBe(1);
    });
  },
  TIMEOUT,
);

it('closes on an endless line, whatever more there is behind it', async () => {
  await withDaemon({}, async (daemon) => {
    const client = daemon.connect();
    await client.negotiate({ deflate: true });
    client.compress(deflateCodec(6));
    await client.ok();
    client.socket.write(deflateRawSync(Buffer.alloc(PLAIN_BYTES), { finishFlush: constants.Z_SYNC_FLUSH }));
    expect(await client.rest()).toEqual([]);
  });
});

it(
  'stops reading compressed publishes of a client that takes no answers',
  async () => {
    await withDaemon({}, async (daemon) => {
      const client = daemon.connect();
      await client.negotiate({ deflate: true, heartbeat_interval: -1 });
      client.compress(deflateCodec(6));
      await client.ok();
      const pubs = 200_000;
      client.socket.pause();
      client.send(Buffer.concat(Array.from({ length: pubs }, () => encodePub('t', Buffer.from('x')))));
      client.socket.resume();
      await client.ok(pubs);
      expect(daemon.topic('t').messageCount).toBe(pubs);
      expect(OK_FRAME.length * pubs).toBeGreaterThan(MIB);
    });
  },
  TIMEOUT,
);
