import { pause, within } from './wait.js';

const never = new Promise<void>(() => undefined);

it('gives the outcome when it comes in time', async () => {
  await expect(within(Promise.resolve(1), { timeout: 1000, what: 'it' })).resolves.toBe(1);
  await expect(within(Promise.reject(new Error('no')), { signal: new AbortController().signal, what: 'it' })).rejects.toThrow('no');
});

it('gives up at its limits', async () => {
  await expect(within(never, { timeout: 5, what: 'the answer' })).rejects.toMatchObject({
    code: 'ERR_NSQ_TIMEOUT',
    message: 'the answer: not within 5 ms',
  });
  await expect(within(never, { signal: AbortSignal.abort('why'), what: 'it' })).rejects.toMatchObject({
    code: 'ERR_NSQ_ABORTED',
    cause: 'why',
  });
});

it('pauses no longer than until it is aborted', async () => {
  await pause(1, new AbortController().signal);
  await pause(1_000_000, AbortSignal.abort());
  const abort = new AbortController();
  const pausing = pause(1_000_000, abort.signal);
  abort.abort();
  await pausing;
});
