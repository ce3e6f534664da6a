import { CLS, encodeFin, encodeMpub, encodePub, encodeRdy, encodeSub } from '@nsq/protocol';
import type { Client } from './client.js';
import { eventually, withDaemon } from './daemon.js';
import { heldBytes } from './memory.js';

const MB = 1024 * 1024;
const QUIET_MS = 300;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Sends, a piece each turn, until the server has not taken anything for a while. How many pieces it was. */
async function sendUntilHeldBack(client: Client, piece: Buffer, limit: number): Promise<number> {
  for (let sent = 1; sent <= limit; sent++) {
    if (client.socket.write(piece)) {
      await turn();
      continue;
    }
    const taken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), QUIET_MS);
      client.socket.once('drain', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    if (!taken) return sent;
  }
  throw new Error(`took ${limit} pieces and was never held back`);
}

it('holds a producer back that never reads its OKs, unharmed are the others, and it goes on when it reads', async () => {
  await withDaemon({}, async (daemon) => {
    const before = heldBytes();
    const clumsy = await daemon.client();
    clumsy.socket.pause();
    const perPiece = 5000;
    const piece = Buffer.concat(Array.from({ length: perPiece }, () => encodePub('t', Buffer.from('x'))));
    const pieces = await sendUntilHeldBack(clumsy, piece, 1000);
    daemon.nsqd.engine.deleteTopic('t'); // only what the connection holds is left
    await eventually('little is held', () => heldBytes() - before < 8 * MB);
    await (await daemon.client()).send(encodePub('other', Buffer.from('x'))).ok();
    clumsy.socket.resume();
    await clumsy.ok(pieces * perPiece);
    await clumsy.send(encodePub('t', Buffer.from('last'))).ok();
  });
}, 60_000);

it('holds little memory for answers that come a few at a time and are not read', async () => {
  await withDaemon({}, async (daemon) => {
    const before = heldBytes();
    const clumsy = await (await daemon.client()).subscribe('t', 'c');
    clumsy.socket.pause();
    const few = Buffer.concat(Array.from({ length: 30 }, () => encodeFin('0123456789abcdef')));
    await sendUntilHeldBack(clumsy, few, 100_000);
    await eventually('little is held', () => heldBytes() - before < 8 * MB);
    clumsy.socket.resume();
    await clumsy.settled();
  });
}, 60_000);

it('gives a consumer that does not read no more than RDY, nor more than its output holds', async () => {
  await withDaemon({}, async (daemon) => {
    const modest = await (await daemon.client()).subscribe('t', 'modest', 3);
    const greedy = await (await daemon.client()).subscribe('t', 'greedy', 2500);
    modest.socket.pause();
    greedy.socket.pause();
    const other = await (await daemon.client()).subscribe('t', 'other', 10);
    const producer = await daemon.client();
    const bodies = Array.from({ length: 10 }, () => Buffer.alloc(50_000));
    for (let i = 0; i < 100; i++) producer.send(encodeMpub('t', bodies));
    await producer.ok(100);
    for (let i = 0; i < 1000; i++) other.send(encodeFin((await other.message()).id));
    expect(daemon.channel('t', 'modest').inFlightCount).toBe(3);
    expect(daemon.channel('t', 'greedy').inFlightCount).toBeLessThan(1000);
    greedy.socket.resume();
    expect((await greedy.messages(1000)).every(({ body, attempts }) => body.length === 50_000 && attempts === 1)).toBe(true);
  });
}, 60_000);

it('closes a consumer that takes nothing for a heartbeat interval; its messages go to another', async () => {
  await withDaemon({}, async (daemon) => {
    const stuck = await (await daemon.client({ heartbeat_interval: 1000, msg_timeout: 1000 })).subscribe('t', 'c', 2500);
    stuck.socket.pause();
    const alive = setInterval(() => stuck.send('NOP\n'), 300);
    try {
      const producer = await daemon.client();
      for (let i = 0; i < 400; i++) producer.send(encodePub('t', Buffer.concat([Buffer.alloc(50_000), Buffer.from(`#${i}`)])));
      await producer.ok(400);
      await eventually('its output is full', () => daemon.channel('t', 'c').inFlightCount > 0);
      await eventually('it is closed', () => daemon.channel('t', 'c').consumers.size === 0, 4000);
      await eventually('its socket is gone', () => daemon.connections === 1);
    } finally {
      clearInterval(alive);
    }
    const other = await (await daemon.client()).subscribe('t', 'c', 2500);
    const got = await other.messages(400);
    expect(new Set(got.map(({ body }) => body.toString('latin1', 50_000))).size).toBe(400);
    expect(got.some(({ attempts }) => attempts > 1)).toBe(true);
  });
}, 30_000);

it('closes a client that was refused, takes nothing, and stays', async () => {
  await withDaemon({}, async (daemon) => {
    const client = await daemon.client({ heartbeat_interval: 1000 });
    client.socket.pause();
    client.send(encodeSub('t', 'c'), encodeRdy(2500));
    const producer = await daemon.client();
    for (let i = 0; i < 300; i++) producer.send(encodePub('t', Buffer.alloc(60_000)));
    await producer.ok(300);
    client.send(CLS, 'SUB t c\n');
    await eventually('it has left the channel', () => daemon.channel('t', 'c').consumers.size === 0);
    await eventually('its socket is gone', () => daemon.connections === 1, 6000);
  });
}, 30_000);
