/**
 * `E_NAME`: not the name of a queue. `E_MESSAGE`: a message that no queue file can hold. `E_READ`: the operating system refuses to read
 * something that is there. `E_EXISTS`: the queue already has files. `E_WRITE`, `E_MOVE`: writing or moving failed.
 */
export type DiskqueueErrorCode = 'E_NAME' | 'E_MESSAGE' | 'E_READ' | 'E_EXISTS' | 'E_WRITE' | 'E_MOVE';

const PREFIX: Record<DiskqueueErrorCode, string> = {
  E_NAME: 'invalid queue name',
  E_MESSAGE: 'invalid message',
  E_READ: 'failed to read',
  E_EXISTS: 'refused to overwrite',
  E_WRITE: 'failed to write',
  E_MOVE: 'failed to move',
};

export interface DiskqueueErrorOptions {
  /** The path of the file or folder concerned. */
  readonly file?: string;
  readonly cause?: unknown;
}

/** What this library throws. Damage inside queue files is no error: it is reported as a problem, and reading goes on behind it. */
export class DiskqueueError extends Error {
  override readonly name = 'DiskqueueError';
  readonly code: DiskqueueErrorCode;
  /** The path of the file or folder concerned, if there is one. */
  readonly file: string | undefined;

  constructor(code: DiskqueueErrorCode, reason: string, options: DiskqueueErrorOptions = {}) {
    super(`${PREFIX[code]}${options.file === undefined ? '' : ` ${options.file}`} - ${reason}`, { cause: options.cause });
    this.code = code;
    this.file = options.file;
  }
}

/** Wraps what the file system threw. */
export function systemError(code: DiskqueueErrorCode, file: string, cause: unknown): DiskqueueError {
  return new DiskqueueError(code, (cause as Error).message, { file, cause });
}

/** The code of a system error, `ENOENT` for example. */
export function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
