import { errorMessage } from './error-message.js';
import type { Logger } from './logger.js';

/** A daemon once it has been set up. */
export interface Daemon {
  /** Runs the daemon; resolves after a stop, rejects with the first fatal error. */
  main(): Promise<void>;
  /** Stops it cleanly: `main()` ends, what must be kept is kept. Called once, also after `main()` has ended. */
  exit(): Promise<void>;
}

/** The part of `process` that is used. */
export interface DaemonProcess {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
  readonly stdout: FlushableStream;
  readonly stderr: FlushableStream;
}

export interface FlushableStream {
  write(text: string, written: () => void): unknown;
  on(event: 'error', listener: () => void): unknown;
  off(event: 'error', listener: () => void): unknown;
}

export interface RunDaemonOptions {
  readonly logger: Logger;
  /**
   * Sets the daemon up. What it throws is logged at FATAL, in one line, and ends the process with status 1. A signal during the set-up
   * aborts `signal`; if the daemon is set up nevertheless, it is stopped without having run.
   */
  readonly create: (signal: AbortSignal) => Promise<Daemon> | Daemon;
  /** Called for SIGHUP. @default SIGHUP keeps its default effect, the end of the process */
  readonly onReload?: () => void;
  /** How long a stop may take before the process ends regardless with status 1, in milliseconds. @default 60000 */
  readonly stopTimeoutMs?: number;
  /** @default the process itself */
  readonly process?: DaemonProcess;
}

const STOP_TIMEOUT_MS = 60_000;
const FLUSH_TIMEOUT_MS = 1000;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs a daemon to the end of the process. SIGINT and SIGTERM stop it cleanly, further ones are swallowed: status 0. A failure to start:
 * one FATAL line, status 1. A fatal error at run time: a FATAL line, a clean stop, status 1. What was logged is flushed before the end.
 * Resolves with the status, which only a `process` that is not the real one lives to see.
 */
export async function runDaemon(options: RunDaemonOptions): Promise<number> {
  const target = options.process ?? process;
  const { logger, onReload } = options;
  const stopping = new AbortController();
  let giveUp: (status: number) => void = () => undefined;
  const gaveUp = new Promise<number>((resolve) => {
    giveUp = resolve;
  });
  const timeoutMs = options.stopTimeoutMs ?? STOP_TIMEOUT_MS;
  let timer: NodeJS.Timeout | undefined;
  // Not unref'd: when nothing else is left to wait for, the process must not end as if all were well.
  const startTimer = (): void => {
    timer ??= setTimeout(() => {
      logger.fatal(`the stop took more than ${timeoutMs / 1000}s, giving up`);
      giveUp(1);
    }, timeoutMs);
  };
  const onStop = (): void => {
    startTimer();
    stopping.abort();
  };
  const ignore = (): void => undefined; // a log that nobody reads any more is no reason to die

  for (const signal of STOP_SIGNALS) target.on(signal, onStop);
  if (onReload !== undefined) target.on('SIGHUP', onReload);
  for (const stream of [target.stdout, target.stderr]) stream.on('error', ignore);
  const status = await Promise.race([run(options, stopping.signal, startTimer), gaveUp]);
  clearTimeout(timer);
  await Promise.all([flush(target.stdout), flush(target.stderr)]);
  target.exit(status);
  for (const signal of STOP_SIGNALS) target.off(signal, onStop);
  if (onReload !== undefined) target.off('SIGHUP', onReload);
  for (const stream of [target.stdout, target.stderr]) stream.off('error', ignore);
  return status;
}

async function run({ logger, create }: RunDaemonOptions, signal: AbortSignal, startTimer: () => void): Promise<number> {
  let daemon: Daemon;
  try {
    daemon = await create(signal);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return 0;
    logger.fatal(errorMessage(error));
    return 1;
  }
  let status = 0;
  const fatal = (error: unknown): void => {
    status = 1;
    logger.fatal(errorMessage(error));
  };
  const main = signal.aborted ? Promise.resolve() : invoke(() => daemon.main()).catch(fatal);
  await Promise.race([main, aborted(signal)]);
  startTimer();
  await invoke(() => daemon.exit()).catch(fatal);
  await main;
  return status;
}

/** Calls `fn` so that a throw is a rejection too. */
async function invoke(fn: () => Promise<void>): Promise<void> {
  await fn();
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function flush(stream: FlushableStream): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
    stream.write('', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
