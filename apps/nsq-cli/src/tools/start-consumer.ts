import type { Consumer, Handler } from '@nsq/client';
import { ToolError } from './tool.js';

/** A consumer that has begun. */
export interface StartedConsumer {
  /** Resolves when it has been closed. */
  readonly ended: Promise<void>;
}

/**
 * Begins to consume. Each nsqd that is named is tried once: when one cannot be connected to, the consumer is closed again. Later losses, and whatever
 * nsqlookupds say, do not end it.
 * @param nsqds as `readSource` gives them
 * @throws {ToolError}
 */
export async function startConsumer(consumer: Consumer, handler: Handler, nsqds: readonly string[]): Promise<StartedConsumer> {
  const missing = new Set(nsqds);
  const connected = new Promise<void>((resolve, reject) => {
    const done = (address: string): void => {
      missing.delete(address);
      if (missing.size === 0) settle(resolve);
    };
    const failed = (address: string, error: Error): void => {
      if (missing.has(address))
        settle(() => reject(new ToolError(`error connecting to nsqd - ${error.message}; start it, or correct the address`)));
    };
    const settle = (how: () => void): void => {
      consumer.off('connected', done).off('connectFailed', failed);
      how();
    };
    consumer.on('connected', done).on('connectFailed', failed);
    if (missing.size === 0) settle(resolve);
  });
  const ended = consumer.run(handler);
  try {
    await Promise.race([connected, ended]);
  } catch (error) {
    await consumer.close({ timeout: 0 });
    throw error;
  }
  return { ended };
}
