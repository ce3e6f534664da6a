import { setTimeout as sleep } from 'node:timers/promises';
import { WaitGroup } from './wait-group.js';

/** Ends when the signal is aborted. */
const untilStopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('WaitGroup', () => {
  const unhandled = jest.fn();
  beforeAll(() => process.on('unhandledRejection', unhandled));
  afterAll(() => process.off('unhandledRejection', unhandled));
  afterEach(() => expect(unhandled).not.toHaveBeenCalled());

  it('waits for every loop', async () => {
    const group = new WaitGroup();
    const ends: (() => void)[] = [];
    for (let i = 0; i < 3; i++) group.wrap(() => new Promise((resolve) => ends.push(resolve)));
    let done = false;
    const waiting = group.wait().then(() => (done = true));

    ends[0]?.();
    ends[1]?.();
    await new Promise(setImmediate);
    expect(done).toBe(false);
    expect(group.running).toBe(1);

    ends[2]?.();
    await waiting;
    expect(group.running).toBe(0);
    expect(group.signal.aborted).toBe(false);
  });

  it('starts a loop at once, in the order of the calls', () => {
    const group = new WaitGroup();
    const order: string[] = [];
    group.wrap(() => void order.push('a'));
    group.wrap(() => void order.push('b'));
    expect(order).toEqual(['a', 'b']);
  });

  it('resolves when nothing was wrapped', async () => {
    await expect(new WaitGroup().wait()).resolves.toBeUndefined();
  });

  it('stops the others at the first failure and rejects once all have ended', async () => {
    const group = new WaitGroup();
    let othersEnded = false;
    const boom = new Error('boom');
    group.wrap(async (signal) => {
      await untilStopped(signal);
      await new Promise(setImmediate);
      othersEnded = true;
    });
    group.wrap(() => Promise.reject(boom), 'tcpServer');

    await expect(group.wait()).rejects.toBe(boom);
    expect(othersEnded).toBe(true);
    expect(group.signal.reason).toBe(boom);
  });

  it('reports the failure before the others have ended', async () => {
    const group = new WaitGroup();
    let release: (() => void) | undefined;
    group.wrap(() => new Promise((resolve) => (release = resolve)));
    group.wrap(() => Promise.reject(new Error('boom')), 'httpServer');

    await expect(group.failed).resolves.toEqual({ name: 'httpServer', error: new Error('boom') });
    expect(group.running).toBe(1);
    release?.();
    await expect(group.wait()).rejects.toThrow('boom');
  });

  it('counts a throw as a failure', async () => {
    const group = new WaitGroup();
    group.wrap(function scan() {
      throw new Error('at once');
    });
    await expect(group.wait()).rejects.toThrow('at once');
    expect(group.failures).toEqual([{ name: 'scan', error: new Error('at once') }]);
  });

  it('keeps later failures without an unhandled rejection', async () => {
    const group = new WaitGroup();
    group.wrap(async (signal) => {
      await untilStopped(signal);
      throw new Error('second');
    }, 'b');
    group.wrap(() => Promise.reject(new Error('first')), 'a');
    await expect(group.wait()).rejects.toThrow('first');
    expect(group.failures.map(({ name, error }) => `${name}: ${(error as Error).message}`)).toEqual(['a: first', 'b: second']);
  });

  it('bounds what it keeps of a storm of failures', async () => {
    const group = new WaitGroup();
    for (let i = 0; i < 200; i++) group.wrap(() => Promise.reject(new Error(String(i))));
    await expect(group.wait()).rejects.toThrow('0');
    expect(group.failures).toHaveLength(64);
  });

  it('leaves no unhandled rejection when nobody waits', async () => {
    const group = new WaitGroup();
    group.wrap(() => Promise.reject(new Error('boom')));
    await group.failed;
    await new Promise(setImmediate);
  });

  it('rejects even when the failure is undefined', async () => {
    const nothing = undefined as unknown as Error;
    const group = new WaitGroup();
    group.wrap(() => Promise.reject(nothing));
    await expect(group.wait()).rejects.toBeUndefined();
    expect(group.failures).toHaveLength(1);
  });

  it('takes a stop as a normal end, also for loops that reject with the abort', async () => {
    const group = new WaitGroup();
    group.wrap(untilStopped);
    group.wrap((signal) => sleep(60_000, undefined, { signal }));
    group.wrap(async (signal) => {
      await untilStopped(signal);
      signal.throwIfAborted();
    });
    group.stop();
    group.stop('again');
    await expect(group.wait()).resolves.toBeUndefined();
    expect(group.failures).toEqual([]);
  });

  it('still fails when a loop breaks while it stops', async () => {
    const group = new WaitGroup();
    group.wrap(async (signal) => {
      await untilStopped(signal);
      throw new Error('flush failed');
    });
    group.stop();
    await expect(group.wait()).rejects.toThrow('flush failed');
  });

  it('takes a new loop after all have ended', async () => {
    const group = new WaitGroup();
    group.wrap(() => undefined);
    await group.wait();
    let ran = false;
    group.wrap(async () => {
      await new Promise(setImmediate);
      ran = true;
    });
    await group.wait();
    expect(ran).toBe(true);
  });

  it('does not start a loop after the stop', async () => {
    const group = new WaitGroup();
    group.stop();
    const loop = jest.fn();
    group.wrap(loop);
    await group.wait();
    expect(loop).not.toHaveBeenCalled();
  });

  it('settles every caller of wait the same way, early or late', async () => {
    const group = new WaitGroup();
    group.wrap(() => Promise.reject(new Error('boom')));
    const early = [group.wait(), group.wait()];
    for (const waiting of early) await expect(waiting).rejects.toThrow('boom');
    await expect(group.wait()).rejects.toThrow('boom');
  });

  it('stops with the outer signal', async () => {
    const outer = new AbortController();
    const group = new WaitGroup({ signal: outer.signal });
    group.wrap(untilStopped);
    outer.abort('bye');
    await group.wait();
    expect(group.signal.reason).toBe('bye');
  });

  it('starts nothing when the outer signal was aborted before', async () => {
    const group = new WaitGroup({ signal: AbortSignal.abort() });
    const loop = jest.fn();
    group.wrap(loop);
    await group.wait();
    expect(loop).not.toHaveBeenCalled();
  });

  it('does not abort the outer signal when a loop fails', async () => {
    const outer = new AbortController();
    const group = new WaitGroup({ signal: outer.signal });
    group.wrap(() => Promise.reject(new Error('boom')));
    await expect(group.wait()).rejects.toThrow('boom');
    expect(outer.signal.aborted).toBe(false);
  });
});
