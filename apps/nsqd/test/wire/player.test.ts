import { loadFixtures, type Fixture, type Session } from './fixture.js';
import { optionsFromFlags } from './flags.js';
import { replay } from './replay.js';
import { ScriptedServer, type Fault } from './scripted-server.js';

const fixtures = new Map(loadFixtures().map((fixture) => [fixture.name, fixture]));
const OK = Buffer.from('00000006000000004f4b', 'hex');

/** One session of a recording as a fixture of its own. */
function only(name: string, session: string): Fixture {
  const { description, server } = fixtures.get(name) ?? { description: '', server: 'nsqd' as const };
  const found = fixtures.get(name)?.sessions.find((each) => each.name === session);
  if (found === undefined) throw new Error(`no session ${name}/${session}`);
  return { name, server, description, flags: [], sessions: [found] };
}

async function playAgainst(fixture: Fixture, fault?: Fault, sessions: readonly Session[] = fixture.sessions): Promise<void> {
  const scripted = new ScriptedServer(sessions, fault);
  try {
    await replay(fixture, { host: '127.0.0.1', tcpPort: await scripted.listen(), httpPort: 0 }, { patienceMs: 1_000 });
  } finally {
    scripted.close();
  }
}

const basic = only('04-pub-sub-rdy-fin', 'basic');
const MESSAGE_STEP = basic.sessions[0]?.steps.findIndex((step) => 'volatile' in step) ?? -1;
const atMessage =
  (change: (reply: Buffer) => Buffer | null): Fault =>
  (reply, step) =>
    step === MESSAGE_STEP ? change(reply) : reply;

it('accepts a server that answers as recorded', async () => {
  await playAgainst(basic);
  await playAgainst(only('01-magic', 'bad magic'));
  await playAgainst(only('08-dpub', '500 ms'));
});

it('accepts ids and timestamps of this run, and sends them back', async () => {
  const id = Buffer.from('00000000000000ff');
  await playAgainst(basic, (reply) => {
    const at = reply.indexOf('18a46b1e29c07000');
    if (at >= 0) id.copy(reply, at);
    return reply;
  });
});

it('plays overlapping sessions inside the first one, which shares its ids with them', async () => {
  const fixture = fixtures.get('17-errors-max-channel-consumers');
  if (fixture === undefined) throw new Error('no such fixture');
  await playAgainst(fixture);
});

it('accepts replies in either order only where the recording says so', async () => {
  const fixture = only('04-pub-sub-rdy-fin', 'publisher may also be subscriber; ephemeral names');
  const [session] = fixture.sessions;
  if (session === undefined) throw new Error('no such session');
  const steps = [...session.steps];
  const first = steps.findLastIndex((step) => 'recv' in step) - 1;
  steps.splice(first, 2, ...steps.slice(first, first + 2).reverse());
  await playAgainst(fixture, undefined, [{ ...session, steps }]);
  await expect(playAgainst({ ...fixture, sessions: [{ ...session, note: '' }] }, undefined, [{ ...session, steps }])).rejects.toThrow(
    /expected/,
  );
});

it.each<[string, Fault, RegExp]>([
  ['changes a byte of a body', atMessage((reply) => reply.fill('H', reply.length - 5, reply.length - 4)), /expected .*hello/],
  ['delivers with the wrong attempts', atMessage((reply) => reply.fill(2, 17, 18)), /expected/],
  ['adds a byte to a frame', atMessage((reply) => longer(reply)), /expected size 35/],
  ['adds a byte after a frame', atMessage((reply) => Buffer.concat([reply, Buffer.from([0])])), /unexpected 1 bytes 00/],
  ['adds a frame', atMessage((reply) => Buffer.concat([reply, OK])), /unexpected size 6 response "OK"/],
  ['leaves a byte out', atMessage((reply) => reply.subarray(0, -1)), /nothing came in time/],
  ['closes instead of answering', atMessage(() => null), /the server closed/],
  ['gives a message an id that is none', atMessage((reply) => reply.fill('G', 18, 34)), /16 lower-case hex digits/],
  ['gives a message a time that is none', atMessage((reply) => reply.fill(0, 8, 16)), /not a recent time/],
])('notices a server that %s', async (_, fault, message) => {
  await expect(playAgainst(basic, fault)).rejects.toThrow(message);
});

it('notices a reply where silence was recorded', async () => {
  await expect(playAgainst(basic, (reply, step) => (step === 5 ? Buffer.concat([reply, OK]) : reply))).rejects.toThrow(/expected silence/);
});

it('notices a reply that comes too early', async () => {
  const early = only('08-dpub', '500 ms');
  const steps = early.sessions[0]?.steps.filter((step) => !('nothing_received_for_ms' in step)) ?? [];
  const hasty = steps.map((step) => ('elapsed_ms_since_last_send' in step ? { ...step, elapsed_ms_since_last_send: 450 } : step));
  await expect(
    playAgainst({ ...early, sessions: [{ name: 'early', steps }] }, undefined, [{ name: 'early', steps: hasty }]),
  ).rejects.toThrow(/came after 4\d\d\.\d ms, nominal 500/);
});

it('notices a redelivery under another id or another time', async () => {
  const redelivered = only('05-req', 'REQ 0 redelivers with attempts+1');
  const second = redelivered.sessions[0]?.steps.findLastIndex((step) => 'recv' in step);
  const change = (at: number): Fault => {
    return (reply, step) => (step === second ? reply.fill('0', at, at + 1) : reply);
  };
  await expect(playAgainst(redelivered, change(18))).rejects.toThrow(/id of m1 was/);
  await expect(playAgainst(redelivered, change(15))).rejects.toThrow(/timestamp of m1 was/);
});

it('notices a server that does not close', async () => {
  const fixture = only('01-magic', 'bad magic');
  const steps = [...(fixture.sessions[0]?.steps ?? []), { send: OK.toString('base64') }];
  await expect(playAgainst(fixture, undefined, [{ name: 'stays', steps }])).rejects.toThrow(/did not close/);
});

it('refuses a setup that it does not know', async () => {
  await expect(playAgainst({ ...basic, setup: 'stand on one leg' })).rejects.toThrow(/stand on one leg/);
});

it('turns flags into options', () => {
  expect(
    optionsFromFlags(['--max-req-timeout=2s', '--max-msg-size=100', '--tls-required', '--data-path=data', '--msg-timeout=1m1.5s']),
  ).toEqual({
    maxReqTimeout: 2_000,
    maxMsgSize: 100,
    tlsRequired: true,
    dataPath: 'data',
    msgTimeout: 61_500,
  });
  expect(() => optionsFromFlags(['data'])).toThrow(/not a flag/);
});

/** The same frame with one more byte, and a size that says so. */
function longer(reply: Buffer): Buffer {
  const frame = Buffer.concat([reply, Buffer.from('!')]);
  frame.writeInt32BE(frame.length - 4, 0);
  return frame;
}
