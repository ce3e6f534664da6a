import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TestDaemon } from '../test/http-harness.js';
import { StatsdLoop, type StatsdSetup, type StatsdTimer } from './statsd-loop.js';
import type { StatsdSocket } from './statsd-socket.js';

/** Time that passes as soon as the loop waits, until `end`: then it waits for the signal. */
class FakeTimer implements StatsdTimer {
  elapsed = 0;
  end = Infinity;

  now(): number {
    return this.elapsed;
  }

  async pause(ms: number, signal: AbortSignal): Promise<boolean> {
    await nextTurn();
    if (signal.aborted) return false;
    if (this.elapsed + ms <= this.end) {
      this.elapsed += Math.max(0, ms);
      return true;
    }
    this.elapsed = this.end;
    await once(signal, 'abort');
    return false;
  }
}

interface Sent {
  readonly at: number;
  readonly packet: string;
}

class FakeStatsd {
  readonly daemon = new TestDaemon();
  readonly timer = new FakeTimer();
  readonly sent: Sent[] = [];
  opened = 0;
  closed = 0;
  problem: Error | null = null;
  sendProblem: Error | null = null;
  readonly #stop = new AbortController();

  readonly open = (): Promise<StatsdSocket> => {
    if (this.problem !== null) return Promise.reject(this.problem);
    this.opened++;
    return Promise.resolve({
      send: (packet, done) => {
        this.sent.push({ at: this.timer.elapsed, packet });
        done(this.sendProblem);
      },
      close: () => {
        this.closed++;
        return Promise.resolve();
      },
    });
  };

  /** Runs the loop until `ms`, then stops it. */
  async run(ms: number, differs: Partial<StatsdSetup> = {}): Promise<void> {
    const { daemon, timer, open } = this;
    timer.end = ms;
    const loop = new StatsdLoop({
      source: daemon,
      logger: daemon.logger,
      address: 'statsd:8125',
      prefix: '',
      interval: 10_000,
      packetBytes: 1,
      memoryStats: false,
      excludeEphemeral: false,
      open,
      timer,
      ...differs,
    });
    const done = loop.run(this.#stop.signal);
    while (timer.elapsed < ms) await nextTurn();
    this.#stop.abort();
    await done;
  }

  get lines(): readonly string[] {
    return this.daemon.lines;
  }
}

let statsd: FakeStatsd;
beforeEach(() => {
  statsd = new FakeStatsd();
});

it('pushes once an interval, the first time after one, spread over all but a second of it', async () => {
  statsd.daemon.engine.topic('t'); // four lines
  await statsd.run(29_999);
  expect(statsd.sent.map(({ at }) => at)).toEqual([10_000, 12_250, 14_500, 16_750, 20_000, 22_250, 24_500, 26_750]);
  expect([statsd.opened, statsd.closed]).toEqual([2, 2]);
  expect(statsd.lines).toEqual([
    'INFO: STATSD: pushing stats to statsd:8125',
    'INFO: STATSD: pushing stats to statsd:8125',
    'INFO: STATSD: closing',
  ]);
});

it('reports counters since the push before', async () => {
  await statsd.daemon.ask('POST', '/mpub?topic=t', 'a\nb');
  await statsd.run(29_000);
  const counts = statsd.sent.map(({ packet }) => packet).filter((packet) => packet.includes('message_count'));
  expect(counts).toEqual(['topic.t.message_count:2|c\n', 'topic.t.message_count:0|c\n']);
});

it('sends memory when it is asked to, and packets of the size it is given', async () => {
  await statsd.run(12_000, { memoryStats: true, packetBytes: 0, prefix: 'p.' });
  expect(statsd.sent).toHaveLength(1);
  expect(statsd.sent[0]?.packet).toMatch(/^p\.mem\.heap_objects:1\|g\n[^]*p\.mem\.gc_runs:9\|c\n$/);
});

it('sends nothing when there is nothing, and waits all the same', async () => {
  await statsd.run(29_999);
  expect(statsd.sent).toEqual([]);
  expect([statsd.opened, statsd.closed]).toEqual([2, 2]);
});

it('sends the rest at once when it is stopped', async () => {
  statsd.daemon.engine.topic('t');
  await statsd.run(12_500);
  expect(statsd.sent.map(({ at }) => at)).toEqual([10_000, 12_250, 12_500, 12_500]);
  expect(statsd.lines.at(-1)).toBe('INFO: STATSD: closing');
  expect(statsd.closed).toBe(1);
});

it('ends at once when it is stopped between pushes', async () => {
  await statsd.run(5000);
  expect(statsd.lines).toEqual(['INFO: STATSD: closing']);
});

it('goes on when packets cannot be sent', async () => {
  statsd.daemon.engine.topic('t');
  statsd.sendProblem = new Error('message too long');
  await statsd.run(29_999);
  expect(statsd.sent).toHaveLength(8);
  const complaint = 'WARNING: STATSD: 4 packet(s) could not be sent to statsd:8125 - message too long';
  expect(statsd.lines.filter((line) => !line.startsWith('INFO'))).toEqual([complaint, complaint]);
});

it('goes on when statistics fail', async () => {
  statsd.daemon.health = () => {
    throw new Error('out of order');
  };
  await statsd.run(25_000);
  const complaint = 'ERROR: STATSD: push failed - out of order';
  expect(statsd.lines.filter((line) => !line.startsWith('INFO'))).toEqual([complaint, complaint]);
  expect([statsd.opened, statsd.closed]).toEqual([2, 2]);
});

it('names the address of a socket that cannot be made, and tries again with the next push', async () => {
  statsd.problem = new Error('no such host');
  await statsd.run(25_000);
  expect(statsd.lines).toEqual([
    'ERROR: failed to create UDP socket to statsd(statsd:8125) - no such host',
    'ERROR: failed to create UDP socket to statsd(statsd:8125) - no such host',
    'INFO: STATSD: closing',
  ]);
});

describe('over UDP', () => {
  it('arrives', async () => {
    const server = createSocket('udp4');
    try {
      server.bind(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address();
      const daemon = new TestDaemon();
      await daemon.ask('POST', '/pub?topic=t', 'abc');
      const stop = new AbortController();
      const loop = new StatsdLoop({
        source: daemon,
        logger: daemon.logger,
        address: `localhost:${port}`,
        prefix: 'nsq.',
        interval: 1050,
        packetBytes: 508,
        memoryStats: true,
        excludeEphemeral: false,
      });
      const message = once(server, 'message', { signal: AbortSignal.timeout(10_000) });
      const done = loop.run(stop.signal);
      const [bytes] = (await message) as [Buffer];
      stop.abort();
      await done;
      expect(bytes.length).toBeLessThanOrEqual(508);
      expect(bytes.toString()).toMatch(/^nsq\.topic\.t\.message_count:1\|c\nnsq\.topic\.t\.message_bytes:3\|c\n/);
    } finally {
      server.close();
    }
  });

  it.each(['nonsense', '127.0.0.1:0', '127.0.0.1:99999', 'no-such-host.invalid:8125'])('complains of %s', async (address) => {
    const daemon = new TestDaemon();
    const stop = new AbortController();
    const timer = new FakeTimer();
    timer.end = 15_000;
    const loop = new StatsdLoop({
      source: daemon,
      logger: daemon.logger,
      address,
      prefix: '',
      interval: 10_000,
      packetBytes: 508,
      memoryStats: true,
      excludeEphemeral: false,
      timer,
    });
    const done = loop.run(stop.signal);
    while (timer.elapsed < timer.end) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await done;
    expect(daemon.lines[0]).toMatch(`ERROR: failed to create UDP socket to statsd(${address}) - `);
    expect(daemon.lines).toHaveLength(2);
  });
});
