import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeLookupReply } from '@nsq/protocol';
import { Nsqd } from '../../src/index.js';
import { eventually } from '../tcp/daemon.js';
import { FakeLookupd } from './fake-lookupd.js';

/** A conversation of the reference, which is the client here: see README.md beside the other recordings. */
const RECORDING = new URL('../fixtures/lookup/32-nsqd-as-lookupd-client.json', import.meta.url);
const PING_MS = 20_000;

interface Step {
  readonly from_nsqd?: string; // base64
  readonly to_nsqd?: string; // base64
  readonly http_from_nsqd?: string;
  readonly event?: string;
  readonly volatile_json?: readonly string[];
  readonly connection_closed_by_nsqd?: true;
}

/** What happens between two events: what nsqd says in it, without newlines. */
interface Phase {
  readonly event: string;
  readonly says: string[];
  readonly asks: string[];
}

function phasesOf(steps: readonly Step[]): Phase[] {
  const phases: Phase[] = [{ event: 'start', says: [], asks: [] }];
  for (const { event, from_nsqd: said, http_from_nsqd: asked } of steps) {
    if (event !== undefined) phases.push({ event, says: [], asks: [] });
    const phase = phases.at(-1);
    if (asked !== undefined) phase?.asks.push(asked);
    if (said !== undefined)
      phase?.says.push(Buffer.from(said, 'base64').toString('latin1').replace('IDENTIFY\n\0\0\0l', 'IDENTIFY ').trimEnd());
  }
  return phases;
}

function masked(line: string, volatile: readonly string[]): string {
  const members = Object.entries(JSON.parse(line.replace('IDENTIFY ', '')) as Record<string, unknown>);
  return JSON.stringify(members.map(([key, value]) => [key, volatile.includes(key) ? typeof value : value]));
}

it('says to an nsqlookupd what the reference said', async () => {
  const { steps } = JSON.parse(readFileSync(RECORDING, 'utf8')) as { steps: readonly Step[] };
  const [start, ...phases] = phasesOf(steps);
  const [magic = '', identify = '', ...registered] = start?.says ?? [];
  const fake = await FakeLookupd.start();
  const recordedAnswer = JSON.parse(Buffer.from(steps[2]?.to_nsqd ?? '', 'base64').toString('utf8', 4)) as Record<string, unknown>;
  fake.answer = (line) =>
    encodeLookupReply(line.startsWith('IDENTIFY') ? JSON.stringify({ ...recordedAnswer, http_port: fake.httpPort }) : 'OK');
  fake.knows(['pre_existing']);
  const dataPath = await mkdtemp(join(tmpdir(), 'nsqd-lookup-'));
  const options = {
    dataPath,
    tcpAddress: '127.0.0.1:0',
    httpAddress: '127.0.0.1:0',
    httpsAddress: '127.0.0.1:0',
    broadcastAddress: '127.0.0.1',
    logLevel: 'fatal',
  } as const;
  try {
    const before = await Nsqd.start(options);
    for (const channel of ['c1', 'c2']) before.engine.channel(before.engine.topic('with_channels'), channel);
    before.engine.topic('without_channels');
    await before.stop();

    const nsqd = await Nsqd.start({ ...options, nsqlookupdTcpAddresses: [fake.address] });
    const { lines } = await fake.session();
    // The reference says everything twice at the start, the topics of channels too.
    const once = registered.slice(0, 3);
    expect(registered.length).toBe(7);
    await eventually('all is registered', () => lines.length >= 1 + once.length);
    expect(magic).toBe('  V1');
    expect(masked(lines[0] ?? '', steps[1]?.volatile_json ?? [])).toBe(masked(identify, steps[1]?.volatile_json ?? []));
    expect(lines.slice(1).sort()).toEqual([...once].sort());

    for (const { event, says, asks } of phases) {
      const heard = lines.length;
      fake.asked.length = 0;
      const [, path] = /^POST (\S+)/.exec(event) ?? [];
      if (path !== undefined) await fetch(`http://127.0.0.1:${nsqd.httpPort}${path}`, { method: 'POST' });
      if (event.startsWith('SIGTERM')) await nsqd.stop();
      await eventually(event, () => lines.length >= heard + says.length, PING_MS);
      expect([event, lines.slice(heard), fake.asked]).toEqual([event, says, asks]);
    }
    await eventually('the connection is closed', () => fake.sessions[0]?.closed === true);
    expect(lines.at(-1)).toBe('PING');
  } finally {
    await fake.close();
    await rm(dataPath, { recursive: true, force: true });
  }
}, 60_000);
