import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLS, decodeMessage, encodeDpub, encodeFin, encodeMpub, encodePub, encodeRdy, encodeSub } from '@nsq/protocol';
import { Wire } from '../src/wire.js';
import { channelStats, createTopic, startNsqd, within, type NsqdProcess } from '../src/index.js';
import { mountSmallDisk, noSmallDisk, unmountSmallDisk } from './small-disk.js';

const DISK = '8m';
const BALLAST_BYTES = 4 * 1024 * 1024;
const BODY_BYTES = 20_000;
const RETURN_MS = 15_000;
const POLL_MS = 50;

// Where nobody may mount, the simulation in apps/nsqd/test/storage has to do: its disk fills up as well.
const refusal = noSmallDisk();
if (refusal !== undefined) console.warn(`no disk to fill up here: ${refusal}`);
const onSmallDisk = refusal === undefined ? it : it.skip;

let folder: string;
let mounted = false;
let nsqd: NsqdProcess | null = null;
const wires: Wire[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nsq-full-'));
  mountSmallDisk(folder, DISK);
  mounted = true;
});

afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await nsqd?.stop('SIGKILL');
  nsqd = null;
  if (mounted) unmountSmallDisk(folder);
  mounted = false;
  await rm(folder, { recursive: true, force: true });
});

async function connect(to: NsqdProcess, message: (id: string, body: Buffer) => void = () => undefined): Promise<Wire> {
  const wire = await Wire.open(to, {
    message: (data) => {
      const decoded = decodeMessage(data);
      if (decoded !== undefined) message(decoded.id, decoded.body);
    },
    refused: (error) => {
      throw new Error(error);
    },
  });
  wires.push(wire);
  return wire;
}

async function answerOf(promise: Promise<void>): Promise<string> {
  return promise.then(
    () => 'OK',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

async function http(path: string, body?: string): Promise<string> {
  const base = `http://${nsqd?.host ?? ''}:${nsqd?.httpPort ?? 0}`;
  const response = await fetch(base + path, { ...(body !== undefined && { method: 'POST', body }), signal: AbortSignal.timeout(5_000) });
  return `${response.status} ${await response.text()}`;
}

const bodyOf = (name: string): Buffer => Buffer.concat([Buffer.from(`${name}|`), Buffer.alloc(BODY_BYTES, 'x')]);
const nameOf = (body: Buffer): string => body.toString('latin1', 0, body.indexOf('|'));

onSmallDisk.each(['disk', 'fsync'] as const)(
  'says that the disk is full, goes on delivering, and recovers by itself: %s',
  async (durability) => {
    const start = () =>
      startNsqd({ dataPath: folder, flags: [`--durability=${durability}`, '--sync-timeout=200ms', '--max-bytes-per-file=500000'] });
    const daemon = (nsqd = await start());
    await createTopic(daemon, 'full', ['channel', 'archive']);
    await writeFile(join(folder, 'ballast'), Buffer.alloc(BALLAST_BYTES, 1));

    // One connection for each refused command: a failed publish ends its connection.
    const accepted = new Set<string>();
    const refused = new Set<string>();
    let numbers = 0;
    const publish = async (encode: (bodies: readonly [Buffer, Buffer]) => Buffer, count: number): Promise<string> => {
      const names = Array.from({ length: count }, () => `m${numbers++}`);
      const [first = '', second = first] = names;
      const wire = await connect(daemon);
      const answer = await answerOf(wire.request(encode([bodyOf(first), bodyOf(second)])));
      for (const name of names) (answer === 'OK' ? accepted : refused).add(name);
      await wire.close();
      return answer;
    };
    const pub = (): Promise<string> => publish(([body]) => encodePub('full', body), 1);
    const mpub = (): Promise<string> => publish((bodies) => encodeMpub('full', bodies), 2);
    const dpub = (): Promise<string> => publish(([body]) => encodeDpub('full', 100, body), 1);

    let answer = 'OK';
    for (let tries = 0; answer === 'OK' && tries < 1000; tries++) answer = await pub();
    expect(answer).toMatch(/^E_PUB_FAILED PUB failed .*ENOSPC/);
    expect(await mpub()).toMatch(/^E_MPUB_FAILED MPUB failed .*ENOSPC/);
    expect(await dpub()).toMatch(/^E_DPUB_FAILED DPUB failed .*ENOSPC/);
    expect(await http('/pub?topic=full', `h|${'x'.repeat(BODY_BYTES)}`)).toBe('503 {"message":"EXITING"}');
    expect(await http('/mpub?topic=full', `h|${'x'.repeat(BODY_BYTES)}\nh|x`)).toBe('503 {"message":"EXITING"}');
    expect(await http('/ping')).toMatch(/^500 NOK - .*ENOSPC/);
    expect(accepted.size).toBeGreaterThan(100);

    // What is stored is delivered, all of it and nothing else.
    const received = { channel: new Map<string, number>(), archive: new Map<string, number>() };
    const consume = async (from: NsqdProcess, channel: 'channel' | 'archive', count: number): Promise<void> => {
      const seen = received[channel];
      let arrived = (): void => undefined;
      const all = new Promise<void>((resolve) => (arrived = resolve));
      const consumer = await connect(from, (id, body) => {
        seen.set(nameOf(body), (seen.get(nameOf(body)) ?? 0) + 1);
        consumer.send(encodeFin(id));
        if (seen.size >= count) arrived();
      });
      await consumer.request(encodeSub('full', channel));
      consumer.send(encodeRdy(100));
      await within(20_000, `${count} messages on ${channel}`, all);
      await consumer.request(CLS);
      await consumer.close();
    };
    const early = [...accepted];
    await consume(daemon, 'channel', early.length);
    expect([...received.channel.keys()].sort()).toEqual([...early].sort());
    expect((await channelStats(daemon, 'full')).get('archive')?.depth).toBe(early.length);

    // Space comes back: health returns without anybody publishing, then publishing works.
    await rm(join(folder, 'ballast'));
    for (const until = Date.now() + RETURN_MS; (await http('/ping')) !== '200 OK' && Date.now() < until;) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    expect(await http('/ping')).toBe('200 OK');
    expect([await pub(), await mpub(), await dpub(), await http('/pub?topic=full', 'last|')]).toEqual(['OK', 'OK', 'OK', '200 OK']);
    accepted.add('last');

    // A new process finds the same.
    await daemon.stop(durability === 'fsync' ? 'SIGKILL' : 'SIGTERM');
    const again = (nsqd = await start());
    for (const channel of ['channel', 'archive'] as const) await consume(again, channel, accepted.size);
    for (const seen of Object.values(received)) {
      expect([...seen.keys()].sort()).toEqual([...accepted].sort());
      expect([...seen.keys()].filter((name) => refused.has(name))).toEqual([]);
    }
    expect([...received.archive.values()].every((count) => count === 1)).toBe(true);
    expect(await again.stop()).toEqual({ code: 0, signal: null });
  },
  60_000,
);
