import { fileURLToPath } from 'node:url';
import { startDaemon, type DaemonProcess } from './daemon-process.js';

/**
 * The daemon these tools start: the bundle of this workspace, which is what ships, by the same Node. The environment variable NSQD_COMMAND
 * (program and arguments, separated by spaces) names another one, such as the reference.
 */
export const nsqdCommand: readonly string[] = process.env['NSQD_COMMAND']?.split(' ') ?? [
  process.execPath,
  fileURLToPath(new URL('../../../apps/nsqd/bundle/nsqd.js', import.meta.url)),
];

export interface NsqdStart {
  /** An existing folder; the daemon locks it. */
  readonly dataPath: string;
  /** Further flags, as on the command line. */
  readonly flags?: readonly string[];
  /** Program and leading arguments, default `nsqdCommand`. Any nsqd that takes the reference's flags and logs as it does. */
  readonly command?: readonly string[];
  /** How long the listeners may take, milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
}

/** A running nsqd. */
export type NsqdProcess = DaemonProcess;

/**
 * Starts a daemon on free ports of 127.0.0.1 and waits until both listeners are up. Flags that say other ports win.
 * @throws {Error} with what it logged, when it ends instead or takes too long.
 */
export function startNsqd({ dataPath, flags = [], command = nsqdCommand, startTimeoutMs }: NsqdStart): Promise<NsqdProcess> {
  return startDaemon({
    name: 'nsqd',
    host: '127.0.0.1',
    command: [
      ...command,
      '--tcp-address=127.0.0.1:0',
      '--http-address=127.0.0.1:0',
      '--broadcast-address=127.0.0.1',
      `--data-path=${dataPath}`,
      ...flags,
    ],
    ...(startTimeoutMs !== undefined && { startTimeoutMs }),
  });
}
