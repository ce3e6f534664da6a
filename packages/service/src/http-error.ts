export interface HttpErrorOptions extends ErrorOptions {
  /** A line to log at ERROR when the error is answered. */
  readonly log?: string;
}

/** Thrown by a route's handler: answered with `status` and, in V1 style, `{"message":"<code>"}`; in plain style the code alone. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  /** What clients match on, such as `INVALID_TOPIC`; a few errors have a text instead. */
  readonly code: string;
  readonly log: string | undefined;

  constructor(status: number, code: string, options: HttpErrorOptions = {}) {
    super(code, options);
    this.status = status;
    this.code = code;
    this.log = options.log;
  }
}
