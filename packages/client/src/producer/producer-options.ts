import { checkInteger, checkMs } from '../options.js';
import type { ConnectionOptions } from '../connection/connection-options.js';
import type { NodeOptions } from '../nodes.js';

/** Durations are milliseconds. At least one of `nsqds` and `lookupds` must be given. */
export interface ProducerOptions extends NodeOptions, ConnectionOptions {
  /** How long a publish may take, waiting for a connection and sending it again included, give or take a tenth. @default 5000 */
  readonly publishTimeout?: number;
  /**
   * How often a publish is sent again after its connection was lost, or after `E_PUB_FAILED`, `E_MPUB_FAILED` or `E_DPUB_FAILED`, to
   * another nsqd if there is one. One that was lost with its connection may have been accepted before: it can arrive twice.
   * @default 0
   */
  readonly retry?: number;
  /** Publishes that may be unanswered, over all connections; one more rejects with `ERR_NSQ_QUEUE_FULL`. @default 65_536 */
  readonly maxPending?: number;
  /** Bytes of their bodies, likewise. @default 64 MiB */
  readonly maxPendingBytes?: number;
  /** nsqd's `--max-msg-size`: larger messages are refused before they are sent. @default 1 MiB */
  readonly maxMessageBytes?: number;
  /** nsqd's `--max-body-size`, the same for several messages together. @default 5 MiB */
  readonly maxBatchBytes?: number;
  /** nsqd's `--max-req-timeout`: the longest `defer`. @default one hour */
  readonly maxDefer?: number;
}

export interface PublishOptions {
  /** Milliseconds for which channels hold the message back; for a single message only. */
  readonly defer?: number;
  /** Gives up waiting for the answer. What has been sent by then may be accepted all the same. */
  readonly signal?: AbortSignal;
}

export interface CloseOptions {
  /** Milliseconds to wait for what is under way. @default producer: `publishTimeout`; consumer: 30_000 */
  readonly timeout?: number;
  /** Waits no longer. */
  readonly signal?: AbortSignal;
}

/** Checked and complete. */
export interface ProducerLimits {
  readonly publishTimeout: number;
  readonly retry: number;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  readonly maxMessageBytes: number;
  readonly maxBatchBytes: number;
  readonly maxDefer: number;
}

const MAX_INT32 = 2 ** 31 - 1;

/** @throws {RangeError} */
export function producerLimits(options: ProducerOptions): ProducerLimits {
  return {
    publishTimeout: checkMs('publishTimeout', options.publishTimeout ?? 5_000, 10),
    retry: checkInteger('retry', options.retry ?? 0, 0, 1000),
    maxPending: checkInteger('maxPending', options.maxPending ?? 65_536, 1, 2 ** 24),
    maxPendingBytes: checkInteger('maxPendingBytes', options.maxPendingBytes ?? 64 * 1024 * 1024, 1, Number.MAX_SAFE_INTEGER, 'bytes'),
    maxMessageBytes: checkInteger('maxMessageBytes', options.maxMessageBytes ?? 1024 * 1024, 1, MAX_INT32, 'bytes'),
    maxBatchBytes: checkInteger('maxBatchBytes', options.maxBatchBytes ?? 5 * 1024 * 1024, 9, MAX_INT32, 'bytes'),
    maxDefer: checkMs('maxDefer', options.maxDefer ?? 3_600_000, 0, Number.MAX_SAFE_INTEGER),
  };
}
