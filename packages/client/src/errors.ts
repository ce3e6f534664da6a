import { ERROR_CODES, type ErrorCode } from '@nsq/protocol';

/**
 * Codes of what goes wrong on this side of the wire. What nsqd refuses has nsqd's own code, `E_BAD_TOPIC` for instance, whether nsqd or
 * a check before sending found it. What the HTTP APIs refuse has the code of their answer, such as `TOPIC_NOT_FOUND`.
 */
export const CLIENT_ERROR_CODES = {
  /** No connection could be made: refused, unreachable, no TLS where TLS is asked for, no secret where one is required. */
  ERR_NSQ_CONNECT: 'ERR_NSQ_CONNECT',
  /** A connection ended, or nothing came for two heartbeats. Whether nsqd took what was not answered is not known. */
  ERR_NSQ_CONNECTION_LOST: 'ERR_NSQ_CONNECTION_LOST',
  /** The peer says what no nsqd says. */
  ERR_NSQ_PROTOCOL: 'ERR_NSQ_PROTOCOL',
  /** It took longer than the option allows. */
  ERR_NSQ_TIMEOUT: 'ERR_NSQ_TIMEOUT',
  /** The producer, consumer or connection has been closed. */
  ERR_NSQ_CLOSED: 'ERR_NSQ_CLOSED',
  /** The caller's AbortSignal; its reason is the `cause`. */
  ERR_NSQ_ABORTED: 'ERR_NSQ_ABORTED',
  /** More is unanswered than the producer may hold: wait for `ready()`. */
  ERR_NSQ_QUEUE_FULL: 'ERR_NSQ_QUEUE_FULL',
  /** An HTTP answer that cannot be read: not JSON, or too long. */
  ERR_NSQ_HTTP: 'ERR_NSQ_HTTP',
} as const;

export type ClientErrorCode = keyof typeof CLIENT_ERROR_CODES;

interface NsqErrorOptions {
  readonly cause?: unknown;
  readonly address?: string | undefined;
}

/** Every error of this package. Match on `code`; the text is for people. */
export class NsqError extends Error {
  override readonly name: string = 'NsqError';
  readonly code: string;
  /** The nsqd or nsqlookupd it is about, when it is about one. */
  readonly address: string | undefined;

  constructor(code: string, message: string, options: NsqErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.address = options.address;
  }
}

/** What nsqd answered, or would have answered: `code` is one of its codes (unknown ones are passed on), `message` the whole text. */
export class NsqServerError extends NsqError {
  override readonly name = 'NsqServerError';
  /** nsqd closes the connection after it. */
  readonly fatal: boolean;

  constructor(text: string, address?: string) {
    const [code = ''] = text.split(' ', 1);
    super(code, text, { address });
    this.fatal = isKnown(code) ? ERROR_CODES[code].fatal : true;
  }
}

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

/** `ERR_NSQ_CONNECT`, `ERR_NSQ_CONNECTION_LOST` or `ERR_NSQ_PROTOCOL`. */
export class NsqConnectionError extends NsqError {
  override readonly name = 'NsqConnectionError';

  constructor(code: 'ERR_NSQ_CONNECT' | 'ERR_NSQ_CONNECTION_LOST' | 'ERR_NSQ_PROTOCOL', message: string, address: string, cause?: unknown) {
    super(code, `${address}: ${message}`, { cause, address });
  }
}

/** `ERR_NSQ_TIMEOUT`. */
export class NsqTimeoutError extends NsqError {
  override readonly name = 'NsqTimeoutError';

  constructor(message: string, options: NsqErrorOptions = {}) {
    super('ERR_NSQ_TIMEOUT', message, options);
  }
}

/** `ERR_NSQ_CLOSED`. */
export class NsqClosedError extends NsqError {
  override readonly name = 'NsqClosedError';

  constructor(message: string) {
    super('ERR_NSQ_CLOSED', message);
  }
}

/** `ERR_NSQ_ABORTED`, under the name that abort errors have. */
export class NsqAbortError extends NsqError {
  override readonly name = 'AbortError';

  constructor(reason?: unknown) {
    super('ERR_NSQ_ABORTED', 'the operation was aborted', { cause: reason });
  }
}

/** `ERR_NSQ_QUEUE_FULL`. */
export class NsqQueueFullError extends NsqError {
  override readonly name = 'NsqQueueFullError';

  constructor(message: string) {
    super('ERR_NSQ_QUEUE_FULL', message);
  }
}

/** What an HTTP API answered instead of 200. `code` is the `message` of its body, or `ERR_NSQ_HTTP` where there is none. */
export class NsqHttpError extends NsqError {
  override readonly name = 'NsqHttpError';
  readonly status: number;
  /** The answer as it came. */
  readonly body: string;

  constructor(code: string, message: string, status: number, body: string, options: NsqErrorOptions = {}) {
    super(code, message, options);
    this.status = status;
    this.body = body;
  }
}

export function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
