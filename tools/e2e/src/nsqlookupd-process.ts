import { fileURLToPath } from 'node:url';
import { startDaemon, type DaemonProcess } from './daemon-process.js';

/** As `nsqdCommand`, for nsqlookupd; the environment variable is NSQLOOKUPD_COMMAND. */
export const nsqlookupdCommand: readonly string[] = process.env['NSQLOOKUPD_COMMAND']?.split(' ') ?? [
  process.execPath,
  fileURLToPath(new URL('../../../apps/nsqlookupd/bundle/nsqlookupd.js', import.meta.url)),
];

export interface NsqlookupdStart {
  /** Where it listens and says that it is. Default 127.0.0.1. */
  readonly host?: string;
  /** Further flags, as on the command line. */
  readonly flags?: readonly string[];
  /** What stands before the command, such as `ip netns exec name`. */
  readonly wrapper?: readonly string[];
}

/**
 * Starts an nsqlookupd on free ports and waits until both listeners are up. Flags that say other ports win.
 * @throws {Error} with what it logged, when it ends instead or takes too long.
 */
export function startNsqlookupd({ host = '127.0.0.1', flags = [], wrapper = [] }: NsqlookupdStart = {}): Promise<DaemonProcess> {
  const addresses = [`--tcp-address=${host}:0`, `--http-address=${host}:0`, `--broadcast-address=${host}`];
  return startDaemon({ name: 'nsqlookupd', host, command: [...wrapper, ...nsqlookupdCommand, ...addresses, ...flags] });
}
