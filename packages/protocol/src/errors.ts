/**
 * Codes at the head of an error frame. Clients match on these, never on the text after them.
 * The value says whether nsqd closes the connection after the frame.
 */
export const ERROR_CODES = {
  E_BAD_PROTOCOL: { fatal: true },
  E_INVALID: { fatal: true },
  E_BAD_BODY: { fatal: true },
  E_BAD_TOPIC: { fatal: true },
  E_BAD_CHANNEL: { fatal: true },
  E_BAD_MESSAGE: { fatal: true },
  E_IDENTIFY_FAILED: { fatal: true },
  E_SUB_FAILED: { fatal: true },
  E_PUB_FAILED: { fatal: true },
  E_MPUB_FAILED: { fatal: true },
  E_DPUB_FAILED: { fatal: true },
  E_FIN_FAILED: { fatal: false },
  E_REQ_FAILED: { fatal: false },
  E_TOUCH_FAILED: { fatal: false },
  E_AUTH_FIRST: { fatal: true },
  E_AUTH_FAILED: { fatal: true },
  E_AUTH_DISABLED: { fatal: true },
  E_AUTH_ERROR: { fatal: true },
  E_UNAUTHORIZED: { fatal: true },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether nsqd closes the connection after an error with this code. */
export function isFatal(code: ErrorCode): boolean {
  return ERROR_CODES[code].fatal;
}

/**
 * A command or frame that breaks the protocol. `data` is what an error frame carries: the code, a space and the
 * description, byte for byte (client input is echoed raw and need not be UTF-8). Only `E_BAD_PROTOCOL` has no description.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ErrorCode;
  /** The connection ends once the frame is flushed. */
  readonly fatal: boolean;
  /** The connection ends without a frame (a command line without end, for instance). */
  readonly silent: boolean;
  readonly data: Buffer;

  constructor(code: ErrorCode, description: string | Buffer, options: { silent?: boolean; cause?: unknown } = {}) {
    const text = typeof description === 'string' ? description : description.toString('latin1');
    super(text === '' ? code : `${code} ${text}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fatal = isFatal(code);
    this.silent = options.silent ?? false;
    const body = typeof description === 'string' ? Buffer.from(description, 'utf8') : description;
    this.data = body.length === 0 ? Buffer.from(code) : Buffer.concat([Buffer.from(`${code} `), body]);
  }

  /** An error raised where the connection just closes, no frame. */
  static silent(description: string): ProtocolError {
    return new ProtocolError('E_INVALID', description, { silent: true });
  }
}
