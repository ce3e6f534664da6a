import { EventEmitter } from 'node:events';
import { testLogger } from '../test/helper.js';
import { runDaemon, type Daemon, type RunDaemonOptions } from './run-daemon.js';

class FakeStream extends EventEmitter {
  flushed = 0;

  write(_text: string, written: () => void): void {
    this.flushed++;
    setImmediate(written);
  }
}

class FakeProcess extends EventEmitter {
  readonly stdout = new FakeStream();
  readonly stderr = new FakeStream();
  readonly exits: string[] = [];

  exit(code: number): void {
    this.exits.push(`${code} after ${this.stderr.flushed} flush`);
  }
}

/** A daemon that runs until it is told to exit. */
class FakeDaemon implements Daemon {
  exits = 0;
  #onRun: () => void = () => undefined;
  end: () => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  readonly #ended = new Promise<void>((resolve, reject) => {
    this.end = resolve;
    this.fail = reject;
  });
  readonly running = new Promise<void>((resolve) => (this.#onRun = resolve));

  main(): Promise<void> {
    this.#onRun();
    return this.#ended;
  }

  exit(): Promise<void> {
    this.exits++;
    this.end();
    return Promise.resolve();
  }
}

function start(create: RunDaemonOptions['create'], more: Partial<RunDaemonOptions> = {}) {
  const fake = new FakeProcess();
  const { logger, lines } = testLogger();
  return { fake, lines, status: runDaemon({ logger, create, process: fake, ...more }) };
}

describe('runDaemon', () => {
  it.each(['SIGINT', 'SIGTERM'])('stops once at %s, swallows further signals, flushes and exits 0', async (signal) => {
    const daemon = new FakeDaemon();
    const { fake, lines, status } = start(() => daemon);
    await daemon.running;
    fake.emit(signal);
    fake.emit('SIGINT');
    fake.emit('SIGTERM');
    expect(await status).toBe(0);
    expect(daemon.exits).toBe(1);
    expect(fake.exits).toEqual(['0 after 1 flush']);
    expect(lines).toEqual([]);
    expect(fake.eventNames()).toEqual([]);
  });

  it('exits 1 with one FATAL line when the set-up fails', async () => {
    const { fake, lines, status } = start(() => Promise.reject(new Error('failed to instantiate nsqd - a\nb')));
    expect(await status).toBe(1);
    expect(lines).toEqual(['FATAL: failed to instantiate nsqd - a\\nb']);
    expect(fake.exits).toEqual(['1 after 1 flush']);
  });

  it('takes a throw of the set-up the same way', async () => {
    const { lines, status } = start(() => {
      throw new Error('at once');
    });
    expect(await status).toBe(1);
    expect(lines).toEqual(['FATAL: at once']);
  });

  it('logs a fatal error at run time, stops cleanly and exits 1', async () => {
    const daemon = new FakeDaemon();
    const { lines, status } = start(() => daemon);
    await daemon.running;
    daemon.fail(new Error('accept failed'));
    expect(await status).toBe(1);
    expect(daemon.exits).toBe(1);
    expect(lines).toEqual(['FATAL: accept failed']);
  });

  it('exits 1 when the stop fails', async () => {
    const daemon = new FakeDaemon();
    daemon.exit = () => {
      daemon.end();
      return Promise.reject(new Error('flush failed'));
    };
    const { fake, lines, status } = start(() => daemon);
    await daemon.running;
    fake.emit('SIGTERM');
    expect(await status).toBe(1);
    expect(lines).toEqual(['FATAL: flush failed']);
  });

  it('stops cleanly when the daemon ends by itself', async () => {
    const daemon = new FakeDaemon();
    const { status } = start(() => daemon);
    daemon.end();
    expect(await status).toBe(0);
    expect(daemon.exits).toBe(1);
  });

  it('gives up on a stop that does not end', async () => {
    const daemon = new FakeDaemon();
    daemon.exit = () => new Promise(() => undefined);
    const { fake, lines, status } = start(() => daemon, { stopTimeoutMs: 10 });
    await daemon.running;
    fake.emit('SIGTERM');
    expect(await status).toBe(1);
    expect(lines).toEqual(['FATAL: the stop took more than 0.01s, giving up']);
  });

  it('gives up on a stop after a fatal error too', async () => {
    const daemon = new FakeDaemon();
    daemon.exit = () => new Promise(() => undefined);
    const { status } = start(() => daemon, { stopTimeoutMs: 10 });
    await daemon.running;
    daemon.fail(new Error('boom'));
    expect(await status).toBe(1);
  });

  it('stops a daemon that was being set up when the signal came, without running it', async () => {
    const daemon = new FakeDaemon();
    const main = jest.spyOn(daemon, 'main');
    let finish: (daemon: Daemon) => void = () => undefined;
    const { fake, status } = start(() => new Promise((resolve) => (finish = resolve)));
    fake.emit('SIGINT');
    finish(daemon);
    expect(await status).toBe(0);
    expect(main).not.toHaveBeenCalled();
    expect(daemon.exits).toBe(1);
  });

  it('exits 0 when the set-up gives way to the signal', async () => {
    const { fake, lines, status } = start(async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      signal.throwIfAborted();
      return new FakeDaemon();
    });
    fake.emit('SIGINT');
    expect(await status).toBe(0);
    expect(lines).toEqual([]);
  });

  it('calls the hook at SIGHUP and leaves the signal alone without one', async () => {
    const daemon = new FakeDaemon();
    const onReload = jest.fn();
    const { fake, status } = start(() => daemon, { onReload });
    await daemon.running;
    fake.emit('SIGHUP');
    fake.emit('SIGHUP');
    expect(onReload).toHaveBeenCalledTimes(2);
    fake.emit('SIGTERM');
    await status;

    const other = new FakeDaemon();
    const plain = start(() => other);
    expect(plain.fake.listenerCount('SIGHUP')).toBe(0);
    await other.running;
    plain.fake.emit('SIGTERM');
    await plain.status;
  });

  it('outlives a standard error nobody reads any more', async () => {
    const daemon = new FakeDaemon();
    const { fake, status } = start(() => daemon);
    await daemon.running;
    fake.stderr.emit('error', new Error('EPIPE'));
    fake.emit('SIGTERM');
    expect(await status).toBe(0);
  });
});
