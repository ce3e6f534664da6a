import type { ConnectionOptions, SubscriberSettings } from '../connection/connection-options.js';
import type { NodeOptions } from '../nodes.js';
import { checkInteger, checkMs } from '../options.js';
import type { BackoffOptions } from './backoff.js';
import type { Message } from './message.js';

/** What is done with a message: it is finished when the handler returns or resolves, requeued when it throws or rejects. */
export type Handler = (message: Message) => unknown;

/** Durations are milliseconds. At least one of `nsqds` and `lookupds` must be given. */
export interface ConsumerOptions extends NodeOptions, ConnectionOptions, SubscriberSettings {
  readonly topic: string;
  readonly channel: string;
  /** Messages received and not answered, over all connections. @default 100 */
  readonly maxInFlight?: number;
  /** Handlers that run at a time; what is received beyond that waits its turn here while its time runs. @default maxInFlight */
  readonly concurrency?: number;
  /**
   * Deliveries of a message after which the handler gets it no more: it goes to `onMaxAttempts` and is finished. 0 for no limit.
   * @default 0
   */
  readonly maxAttempts?: number;
  /** What to do with a message that was delivered more than `maxAttempts` times: publish it somewhere else, for instance. */
  readonly onMaxAttempts?: Handler;
  /**
   * The delay of a message whose handler failed: so much for each delivery so far, or what the function gives
   * (where it throws or gives no number, the default).
   * @default 90_000
   */
  readonly requeueDelay?: number | ((message: Message) => number);
  /** The longest such delay. @default 900_000 */
  readonly maxRequeueDelay?: number;
  readonly backoff?: BackoffOptions;
  /**
   * Touches every unanswered message half-way to its timeout, so that nsqd does not give it to somebody else while its handler runs,
   * up to nsqd's `--max-msg-timeout`.
   * @default false
   */
  readonly autoTouch?: boolean;
  /** False: the handler's outcome answers nothing, `finish` and `requeue` do. An error of the handler requeues all the same. @default true */
  readonly autoFinish?: boolean;
}

/** Checked and complete. */
export interface ConsumerSettings {
  readonly maxInFlight: number;
  readonly concurrency: number;
  readonly maxAttempts: number;
  readonly requeueDelay: (message: Message) => number;
  readonly autoTouch: boolean;
  readonly autoFinish: boolean;
}

const DEFAULT_MAX_IN_FLIGHT = 100;
const DEFAULT_REQUEUE_MS = 90_000;
const DEFAULT_MAX_REQUEUE_MS = 900_000;
export const MAX_IN_FLIGHT = 1_000_000;

/** @throws {RangeError} */
export function consumerSettings(options: ConsumerOptions): ConsumerSettings {
  const maxInFlight = checkInteger('maxInFlight', options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT, 1, MAX_IN_FLIGHT);
  const { requeueDelay = DEFAULT_REQUEUE_MS } = options;
  const maxDelay = checkMs('maxRequeueDelay', options.maxRequeueDelay ?? DEFAULT_MAX_REQUEUE_MS, 0, Number.MAX_SAFE_INTEGER);
  const delayOf = typeof requeueDelay === 'function' ? requeueDelay : linear(checkMs('requeueDelay', requeueDelay, 0));
  return {
    maxInFlight,
    concurrency: checkInteger('concurrency', options.concurrency ?? MAX_IN_FLIGHT, 1, MAX_IN_FLIGHT),
    maxAttempts: checkInteger('maxAttempts', options.maxAttempts ?? 0, 0, 65_535),
    requeueDelay: (message) => {
      const delay = attempt(() => delayOf(message));
      return Math.min(maxDelay, Math.max(0, Math.round(Number.isFinite(delay) ? delay : DEFAULT_REQUEUE_MS)));
    },
    autoTouch: options.autoTouch ?? false,
    autoFinish: options.autoFinish ?? true,
  };
}

/** What a function of the application gives; NaN when it throws: the message must be answered all the same. */
function attempt(give: () => number): number {
  try {
    return give();
  } catch {
    return Number.NaN;
  }
}

const linear =
  (delay: number) =>
  (message: Message): number =>
    delay * message.attempts;
