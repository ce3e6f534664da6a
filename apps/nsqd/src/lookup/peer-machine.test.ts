import { encodeLookupIdentify } from '@nsq/protocol';
import { Logger } from '@nsq/service';
import { PeerMachine, PeerState, type PeerLink } from './peer-machine.js';
import { Registrations } from './registrations.js';

const IDENTIFY = encodeLookupIdentify({ broadcast_address: 'b', hostname: 'h', http_port: 1, tcp_port: 2, version: 'v' });
const INFO = '{"broadcast_address":"lookup","http_port":4161,"tcp_port":4160,"version":"1.3.0"}';

/** A machine whose time stands still until it is moved, and what it does. */
class Bench implements PeerLink {
  readonly topics = new Map<string, { readonly channels: Map<string, object> }>();
  readonly registrations = new Registrations(this.topics);
  readonly did: string[] = [];
  readonly logged: string[] = [];
  readonly machine: PeerMachine;
  now = 0;
  random = 0.5;
  #wakeAt = Infinity;

  constructor() {
    const logger = new Logger({ level: 'debug', write: (line) => this.logged.push(line.replace(/^\S+ \S+ /, '').trimEnd()) });
    const setup = {
      address: 'lookup:4160',
      registrations: this.registrations,
      logger,
      identify: () => IDENTIFY,
      now: () => this.now,
      random: () => this.random,
    };
    this.machine = new PeerMachine(setup, this);
  }

  open(): void {
    this.did.push('open');
  }

  send(bytes: Buffer): void {
    this.did.push(...bytes.toString('latin1').trimEnd().split('\n'));
  }

  close(): void {
    this.did.push('close');
  }

  wake(ms: number): void {
    this.#wakeAt = this.now + ms;
  }

  tried(): void {
    this.did.push('tried');
  }

  /** What it has done since this was last asked. */
  take(): string[] {
    return this.did.splice(0);
  }

  /** Moves time on, through each moment at which it wanted to be woken. */
  pass(ms: number): void {
    const until = this.now + ms;
    while (this.#wakeAt <= until) {
      this.now = this.#wakeAt;
      this.#wakeAt = Infinity;
      this.machine.timeUp();
    }
    this.now = until;
  }

  /** Up to the next attempt to connect. */
  passUntilOpen(): void {
    this.take();
    while (!this.did.includes('open')) this.pass(1);
  }

  topic(name: string): void {
    this.topics.set(name, { channels: new Map() });
    this.registrations.changed(name);
    this.machine.pump();
  }

  reply(text = 'OK'): void {
    this.machine.reply(Buffer.from(text));
  }

  /** Up to the answer to IDENTIFY. */
  ready(): this {
    this.machine.start();
    this.machine.opened();
    this.reply(INFO);
    return this;
  }
}

let bench: Bench;
beforeEach(() => (bench = new Bench()));

it('identifies itself, registers what there is, then what comes, and pings', () => {
  bench.topic('old');
  bench.machine.start();
  expect(bench.take()).toEqual(['open']);
  bench.machine.opened();
  const [line = '', body = ''] = IDENTIFY.toString('latin1').split('\n');
  expect(bench.take()).toEqual([`  V1${line}`, body]);
  bench.reply(INFO);
  expect(bench.take()).toEqual(['tried', 'REGISTER old']);
  expect(bench.machine.info).toEqual({ tcpPort: 4160, httpPort: 4161, version: '1.3.0', broadcastAddress: 'lookup' });
  bench.topic('new');
  expect(bench.take()).toEqual(['REGISTER new']);
  bench.reply();
  bench.reply();
  bench.pass(14_999);
  expect(bench.take()).toEqual([]);
  bench.pass(1);
  expect(bench.take()).toEqual(['PING']);
  bench.reply();
  bench.pass(15_000);
  expect(bench.take()).toEqual(['PING']);
  expect(bench.machine.state).toBe(PeerState.Ready);
  expect(bench.logged).toEqual([
    'INFO: LOOKUP connecting to lookup:4160',
    'INFO: LOOKUPD(lookup:4160): peer info {TCPPort:4160 HTTPPort:4161 Version:1.3.0 BroadcastAddress:lookup}',
    'INFO: LOOKUPD(lookup:4160): REGISTER old',
    'INFO: LOOKUPD(lookup:4160): topic REGISTER new',
    'DEBUG: LOOKUPD(lookup:4160): sending heartbeat',
    'DEBUG: LOOKUPD(lookup:4160): sending heartbeat',
  ]);
});

it('keeps a bounded number of commands unanswered', () => {
  for (let i = 0; i < 1_000; i++) bench.topics.set(`t${i}`, { channels: new Map() });
  bench.ready();
  let unanswered = bench.take().filter((line) => line.startsWith('REGISTER')).length;
  expect(unanswered).toBe(256);
  let total = unanswered;
  while (unanswered > 0) {
    bench.reply();
    const more = bench.take().length;
    total += more;
    unanswered += more - 1;
    expect(unanswered).toBeLessThanOrEqual(256);
  }
  expect(total).toBe(1_000);
});

it.each([
  ['connecting', 'connect'],
  ['IDENTIFY', 'IDENTIFY'],
  ['a registration', 'REGISTER t'],
])('gives up when %s takes longer than a second, and tries again', (step, what) => {
  bench.topics.set('t', { channels: new Map() });
  bench.machine.start();
  if (step !== 'connecting') bench.machine.opened();
  if (step === 'a registration') bench.reply(INFO);
  bench.take();
  bench.pass(998);
  expect(bench.take()).toEqual([]);
  bench.pass(2);
  expect(bench.take()).toContain('close');
  expect(bench.machine.state).toBe(PeerState.Backoff);
  expect(bench.logged).toContain(`ERROR: LOOKUPD(lookup:4160): ${what} - i/o timeout`);
  bench.pass(250);
  expect(bench.take()).toContain('open');
});

it('counts the second anew with each answer', () => {
  bench.topics.set('a', { channels: new Map() }).set('b', { channels: new Map() });
  bench.ready();
  bench.pass(900);
  bench.reply();
  bench.pass(900);
  bench.reply();
  expect(bench.machine.state).toBe(PeerState.Ready);
});

it('registers everything again on each connection, and only what is still there', () => {
  bench.ready();
  bench.topic('a');
  bench.topic('b');
  bench.machine.lost('EOF');
  bench.topics.delete('a');
  bench.registrations.changed('a');
  bench.topic('c');
  bench.take();
  bench.pass(250);
  bench.machine.opened();
  bench.take();
  bench.reply(INFO);
  expect(bench.take()).toEqual(['tried', 'REGISTER b', 'REGISTER c']);
});

it('waits longer from failure to failure, at most 5 seconds, and starts over after a connection that worked', () => {
  const waits = (): number => {
    const before = bench.now;
    bench.passUntilOpen();
    return Math.round(bench.now - before);
  };
  bench.machine.start();
  const measured = Array.from({ length: 7 }, () => {
    bench.machine.lost('connection refused');
    return waits();
  });
  expect(measured).toEqual([188, 375, 750, 1500, 3000, 3750, 3750]);
  bench.machine.opened();
  bench.reply(INFO);
  bench.pass(100);
  bench.machine.lost('EOF');
  expect(waits()).toBe(3750);
  bench.machine.opened();
  bench.reply(INFO);
  bench.pass(5_000);
  bench.machine.lost('EOF');
  expect(waits()).toBe(188);
});

it('logs a failure once a minute while it stays the same', () => {
  bench.machine.start();
  for (let i = 0; i < 4; i++) {
    if (i === 3) bench.now += 60_000;
    bench.machine.lost('connection refused');
    bench.passUntilOpen();
  }
  const failures = bench.logged.filter((line) => line.includes('refused'));
  expect(failures.map((line) => line.split(':')[0])).toEqual(['ERROR', 'DEBUG', 'DEBUG', 'ERROR']);
});

it.each([
  ['E_INVALID', 'INFO: LOOKUPD(lookup:4160): lookupd returned E_INVALID'],
  ['OK', 'ERROR: LOOKUPD(lookup:4160): parsing response - OK'],
  ['E_BAD_BODY IDENTIFY missing fields', 'ERROR: LOOKUPD(lookup:4160): parsing response - E_BAD_BODY IDENTIFY missing fields'],
  ['x'.repeat(1000), `ERROR: LOOKUPD(lookup:4160): parsing response - ${'x'.repeat(256)}…`],
])('gives up when IDENTIFY is answered with %.20j', (answer, line) => {
  bench.machine.start();
  bench.machine.opened();
  bench.take();
  bench.reply(answer);
  expect(bench.take()).toEqual(['close', 'tried']);
  expect(bench.logged.at(-1)).toBe(line);
  expect(bench.machine.info).toBeNull();
});

it('uses an nsqlookupd without a broadcast address', () => {
  bench.machine.start();
  bench.machine.opened();
  bench.reply('{}');
  expect(bench.machine.state).toBe(PeerState.Ready);
  expect(bench.logged.at(-1)).toBe('ERROR: LOOKUPD(lookup:4160): no broadcast address');
});

it('does not let a name that is refused keep the others from being registered', () => {
  bench.topics.set('bad', { channels: new Map() }).set('good', { channels: new Map() });
  bench.ready().take();
  bench.reply("E_BAD_TOPIC REGISTER topic name 'bad' is not valid");
  expect(bench.take()).toEqual(['close', 'tried']);
  bench.pass(250);
  bench.machine.opened();
  bench.take();
  bench.reply(INFO);
  expect(bench.take()).toEqual(['tried', 'REGISTER good']);
});

it('gives up after an error, and after an answer that nothing was asked for', () => {
  bench.ready().topic('t');
  bench.reply('E_INVALID client must IDENTIFY');
  expect(bench.machine.state).toBe(PeerState.Backoff);
  expect(bench.logged.at(-1)).toBe('ERROR: LOOKUPD(lookup:4160): REGISTER t - E_INVALID client must IDENTIFY');
  bench.pass(250);
  bench.machine.opened();
  bench.reply(INFO);
  bench.reply();
  bench.reply();
  expect(bench.machine.state).toBe(PeerState.Backoff);
  expect(bench.logged.at(-1)).toBe('ERROR: LOOKUPD(lookup:4160): unexpected response');
});

it('keeps what an nsqlookupd said of itself when the connection is lost', () => {
  bench.ready().machine.lost('EOF');
  expect(bench.machine.info?.broadcastAddress).toBe('lookup');
});

it('does nothing any more once it is stopped, and unregisters nothing', () => {
  bench.ready().topic('t');
  bench.take();
  bench.machine.stop();
  expect(bench.take()).toEqual(['close']);
  bench.machine.lost('closed');
  bench.topic('u');
  bench.pass(60_000);
  expect(bench.take()).toEqual([]);
  expect(bench.machine.state).toBe(PeerState.Off);
});
