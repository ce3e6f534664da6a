import { connect, type Socket } from 'node:net';
import { HEARTBEAT_FRAME, MAGIC_V2, NOP, OK_FRAME, encodeIdentify } from '@nsq/protocol';
import { Witness } from '../src/fuzz/witness.js';
import { openFiles, openFilesLimit, residentMemory, within, type NsqdProcess } from '../src/index.js';
import { Daemons } from './daemon.js';

const WANTED = 5000;
/** What daemon and test have open besides. */
const SPARE = 200;
const AT_ONCE = 200;
const HEARTBEATS = 2;
const MAX_BYTES_EACH = 40 * 1024;

const daemons = new Daemons();
afterEach(() => daemons.end());

/** Says who it is and answers heartbeats. `beaten` resolves after HEARTBEATS of them. */
function idle({ host, tcpPort }: NsqdProcess): { socket: Socket; ready: Promise<void>; beaten: Promise<void> } {
  const socket = connect({ host, port: tcpPort });
  let bytes = 0;
  let ready = (): void => undefined;
  let beaten = (): void => undefined;
  const promises = { ready: new Promise<void>((resolve) => (ready = resolve)), beaten: new Promise<void>((resolve) => (beaten = resolve)) };
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes >= OK_FRAME.length) ready();
    if (bytes > OK_FRAME.length) socket.write(NOP);
    if (bytes >= OK_FRAME.length + HEARTBEATS * HEARTBEAT_FRAME.length) beaten();
  });
  socket.write(Buffer.concat([MAGIC_V2, encodeIdentify({ heartbeat_interval: 1000 })]));
  return { socket, ...promises };
}

it(`keeps ${WANTED} idle connections alive, serves others meanwhile, and gives all back`, async () => {
  const count = Math.min(WANTED, openFilesLimit() - SPARE);
  if (count < WANTED) process.stderr.write(`only ${count} connections: the limit of open files is ${openFilesLimit()}\n`);
  const nsqd = await daemons.start(await daemons.folder());
  const witness = new Witness();
  await witness.start(nsqd);
  await witness.check();
  const before = { files: openFiles(nsqd.pid), bytes: residentMemory(nsqd.pid) };
  const clients: ReturnType<typeof idle>[] = [];
  try {
    while (clients.length < count) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - clients.length) }, () => idle(nsqd));
      clients.push(...some);
      await within(20_000, 'connections', Promise.all(some.map(({ ready }) => ready)));
      await witness.check();
    }
    await within(30_000, 'heartbeats for all', Promise.all(clients.map(({ beaten }) => beaten)));
    await witness.check();
    expect(clients.filter(({ socket }) => socket.destroyed)).toEqual([]);
    const each = (residentMemory(nsqd.pid) - before.bytes) / count;
    expect(each).toBeLessThan(MAX_BYTES_EACH);
  } finally {
    for (const { socket } of clients) socket.destroy();
  }
  const gone = (async () => {
    while (openFiles(nsqd.pid) > before.files) await new Promise((resolve) => setTimeout(resolve, 50));
  })();
  await within(20_000, 'the end of all', gone);
  await witness.check();
  await witness.close();
  expect(await nsqd.stop()).toEqual({ code: 0, signal: null });
}, 120_000);
