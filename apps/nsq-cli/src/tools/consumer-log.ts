import { BackoffState, type Consumer, type Producer } from '@nsq/client';
import { formatDuration } from '@nsq/options';
import { oneLine, reasonOf } from './tool.js';

/** Where the lines about connections go, each with its level. */
export type LibraryLog = (level: 'INF' | 'WRN' | 'ERR', text: string) => void;

/** Gives `log` lines as the reference's client library writes them: level, number of the instance, what it consumes. */
export function libraryLog(log: (text: string) => void, instance: number, consumes?: string): LibraryLog {
  const who = `${String(instance).padStart(3)}${consumes === undefined ? '' : ` [${consumes}]`}`;
  return (level, text) => log(`${level.padEnd(4)} ${who} ${oneLine(text)}`);
}

/** Tells what happens to a consumer. @param named nsqds whose first failure `startConsumer` tells */
export function logConsumer(consumer: Consumer, log: LibraryLog, named: readonly string[]): void {
  const starting = new Set(named);
  consumer.on('connected', (address) => {
    starting.delete(address);
    log('INF', `(${address}) connected to nsqd`);
  });
  consumer.on('disconnected', (address, error) => {
    if (error === null) log('INF', `(${address}) closed`);
    else log('ERR', `(${address}) lost, connecting again - ${error.message}`);
  });
  consumer.on('connectFailed', (address, error) => {
    if (!starting.has(address)) log('ERR', `(${address}) error connecting to nsqd - ${error.message}`);
  });
  consumer.on('discoveryFailed', (address, error) => log('ERR', `error querying nsqlookupd (${address}) - ${error.message}`));
  consumer.on('handlerError', (error, { id }) => log('ERR', `Handler returned error (${reasonOf(error)}) for msg ${id}`));
  consumer.on('maxAttempts', ({ id, attempts }) => log('WRN', `msg ${id} attempted ${attempts} times, giving up`));
  consumer.on('late', ({ command, messageId, error }) => log('ERR', `${command} of msg ${messageId} came too late - ${error.message}`));
  consumer.on('backoff', (state, level, delay) => {
    if (state === BackoffState.Waiting)
      log('WRN', `backing off for ${formatDuration(delay)} (backoff level ${level}), setting all to RDY 0`);
    else if (state === BackoffState.None) log('WRN', 'exiting backoff, returning all to RDY of normal');
  });
}

/** Tells what happens to a producer. */
export function logProducer(producer: Producer, log: LibraryLog): void {
  producer.on('connected', (address) => log('INF', `(${address}) connected to nsqd`));
  producer.on('disconnected', (address, error) => {
    if (error !== null) log('ERR', `(${address}) lost - ${error.message}`);
  });
}
