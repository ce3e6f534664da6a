import { NOP, encodeIdentify, encodePub, encodeSub } from '@nsq/protocol';
import { withDaemon, type Daemon } from './daemon.js';

const H = 1000;
/** What timers and a busy machine may add, and how much less than an interval lies between beats when one came late. */
const SLACK = 1500;
const EARLY = 500;
const TIMEOUT = 20_000;

async function elapsed(wait: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await wait();
  return performance.now() - from;
}

/** Each mostly waits, so they run side by side. */
const timed = (name: string, test: (daemon: Daemon) => Promise<void>): void => {
  it.concurrent(name, () => withDaemon({}, test), TIMEOUT);
};

describe('heartbeats', () => {
  timed('come every interval, whatever the client does', async (daemon) => {
    const client = await daemon.client({ heartbeat_interval: H });
    const busy = setInterval(() => client.send(NOP), 100);
    try {
      for (let i = 0; i < 3; i++) {
        const took = await elapsed(async () => expect(await client.text()).toBe('_heartbeat_'));
        expect(took).toBeGreaterThan(H - EARLY);
        expect(took).toBeLessThan(H + SLACK);
      }
    } finally {
      clearInterval(busy);
    }
  });

  timed('end with the connection after two silent intervals', async (daemon) => {
    const client = await daemon.client({ heartbeat_interval: H });
    const took = await elapsed(() => client.end());
    expect(took).toBeGreaterThan(2 * H - 50);
    expect(took).toBeLessThan(2 * H + SLACK);
    const got = await client.rest();
    expect(got.filter((text) => text !== '_heartbeat_')).toEqual([]);
    expect([1, 2]).toContain(got.length);
  });

  timed('keep the interval of the first IDENTIFY', async (daemon) => {
    const client = await daemon.client({ heartbeat_interval: H });
    client.send(encodeIdentify({ heartbeat_interval: 3 * H }));
    await client.ok();
    const took = await elapsed(async () => expect([await client.text(), await client.text()]).toEqual(['_heartbeat_', '_heartbeat_']));
    expect(took).toBeLessThan(2 * H + SLACK);
  });

  timed('are no storm when a second IDENTIFY turns them off', async (daemon) => {
    const client = await daemon.client({ heartbeat_interval: H });
    client.send(encodeIdentify({ heartbeat_interval: -1 }));
    await client.ok();
    const took = await elapsed(async () => {
      for (let i = 0; i < 3; i++) expect(await client.text()).toBe('_heartbeat_');
    });
    expect(took).toBeGreaterThan(3 * H - EARLY);
    // The read deadline is off, though: nothing has been sent for three intervals.
    await client.send(encodePub('t', Buffer.from('a'))).ok();
  });

  timed('do not come to a client that turns them off, and may not subscribe', async (daemon) => {
    const client = await daemon.client({ heartbeat_interval: -1 });
    await expect(client.next(2 * H + SLACK)).rejects.toThrow('no frame within');
    expect(await client.send(encodeSub('t', 'c')).rest()).toEqual(['!E_INVALID cannot SUB with heartbeats disabled']);
    expect(daemon.nsqd.engine.topics.has('t')).toBe(false);
  });
});

describe('the time for a command', () => {
  timed('ends although its body trickles in', async (daemon) => {
    const client = await daemon.client({ heartbeat_interval: H });
    client.send('PUB t\n\0\0\x10\0');
    const trickle = setInterval(() => client.send('x'), 50);
    try {
      const took = await elapsed(() => client.end());
      expect(took).toBeGreaterThan(2 * H - 50);
      expect(took).toBeLessThan(2 * H + SLACK);
    } finally {
      clearInterval(trickle);
    }
    expect((await client.rest()).filter((text) => text !== '_heartbeat_')).toEqual(['!E_BAD_MESSAGE PUB failed to read message body']);
  });

  timed('ends although its line trickles in, without a frame', async (daemon) => {
    const client = await daemon.client({ heartbeat_interval: H });
    const trickle = setInterval(() => client.send('x'), 50);
    try {
      expect(await elapsed(() => client.end())).toBeLessThan(2 * H + SLACK);
    } finally {
      clearInterval(trickle);
    }
    expect((await client.rest()).filter((text) => text !== '_heartbeat_')).toEqual([]);
  });

  timed('begins anew with each command', async (daemon) => {
    const client = await daemon.client({ heartbeat_interval: H });
    const slow = setInterval(() => client.send(NOP), 1.5 * H);
    try {
      for (let i = 0; i < 4; i++) expect(await client.text()).toBe('_heartbeat_');
    } finally {
      clearInterval(slow);
    }
  });
});
