import { setMaxListeners } from 'node:events';
import { outputClosed } from './output/stdout.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** As a shell tells of a program that a signal has ended. */
const SIGINT_EXIT_CODE = 130;

/**
 * Runs what takes long with a signal that is aborted at Ctrl-C, SIGTERM and SIGHUP, and when nobody reads the output any more. It has to come to a clean end
 * then; a second Ctrl-C ends the program at once.
 */
export async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  const onSignal = (): void => {
    if (interrupted.signal.aborted) process.exit(SIGINT_EXIT_CODE);
    interrupted.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const signal = AbortSignal.any([interrupted.signal, outputClosed]);
    setMaxListeners(0, signal); // every request that is under way is one
    return await run(signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** Waits so long, or until the signal is aborted. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over, { once: true });
  });
}

/** Whether it is aborted by now: what was true before a wait need not be true behind it. */
export const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
