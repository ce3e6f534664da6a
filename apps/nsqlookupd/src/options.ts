import { hostname } from 'node:os';
import { baseOptions, defaultValues, durationOption, stringOption, type OptionValues } from '@nsq/options';

const SECOND = 1000;

/** Every option of nsqlookupd. Durations are milliseconds. */
export const nsqlookupdOptionTable = {
  ...baseOptions('nsqlookupd'),
  tcpAddress: stringOption({ flag: 'tcp-address', default: '0.0.0.0:4160', help: '<addr>:<port> where nsqd connects' }),
  httpAddress: stringOption({ flag: 'http-address', default: '0.0.0.0:4161', help: '<addr>:<port> for HTTP clients' }),
  broadcastAddress: stringOption({
    flag: 'broadcast-address',
    default: hostname,
    help: 'address of this nsqlookupd, told to each nsqd; the host name by default',
  }),
  inactiveProducerTimeout: durationOption({
    flag: 'inactive-producer-timeout',
    default: 300 * SECOND,
    help: 'an nsqd that was silent for longer is hidden until its next ping',
  }),
  tombstoneLifetime: durationOption({
    flag: 'tombstone-lifetime',
    default: 45 * SECOND,
    help: 'how long a tombstone hides a producer of a topic',
  }),
};

/** The resolved options of nsqlookupd. Durations are milliseconds and not checked: a negative one counts as passed. */
export type NsqlookupdOptions = OptionValues<typeof nsqlookupdOptionTable>;

/** What nsqlookupd runs with when nothing is configured; a fresh object each time. */
export function defaultNsqlookupdOptions(): NsqlookupdOptions {
  return defaultValues(nsqlookupdOptionTable);
}
