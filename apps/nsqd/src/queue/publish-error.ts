/** A publish that cannot be accepted: the topic is being deleted or the daemon stops. */
export class ExitingError extends Error {
  override readonly name = 'ExitingError';

  constructor() {
    super('exiting');
  }
}

/** A publish that was not accepted because it could not be stored; the message says why. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}
