/** Every code a `LogError` can have. Match on these, never on the text. */
export const LOG_ERRORS = {
  E_ARGUMENT: 'an argument is out of its bounds',
  E_BUSY: 'the reader has not answered the call before',
  E_CLOSED: 'the log or the reader is closed',
  E_DROPPED: 'what is asked for was dropped from the log',
  E_LOCATION: 'no record begins at this location',
  E_READ: 'the log cannot be read',
  E_VERSION: 'the file is of another version',
  E_WRITE: 'the log cannot be written',
} as const;

export type LogErrorCode = keyof typeof LOG_ERRORS;

/** Something the log could not do. `cause` is the file system's error, when there is one. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code} ${LOG_ERRORS[code]}: ${detail}`, options);
    this.code = code;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
