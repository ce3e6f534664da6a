import type { Server } from 'node:net';
import type { Logger } from './logger.js';

/** What all listeners have in common while they serve. */
export interface Serving {
  readonly logger: Logger;
  /** Stands before the lines in the log: `TCP`. */
  readonly name: string;
  /** As the log shows it. */
  readonly address: string;
  readonly server: Server;
  readonly close: () => Promise<void>;
}

/** Waits for the signal, then closes. Closes and rejects when the listener fails before. */
export async function serve({ logger, name, address, server, close }: Serving, signal: AbortSignal): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
  } finally {
    logger.info(`${name}: closing ${address}`);
    await close();
  }
}

/** The bound port; 0 when there is none yet or any more, -1 for a unix socket. */
export function boundPort(server: Server): number {
  const address = server.address();
  if (address === null) return 0;
  return typeof address === 'string' ? -1 : address.port;
}
