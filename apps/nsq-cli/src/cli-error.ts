/** Exit codes of every command. */
export const ExitCode = {
  /** All of it was done. */
  Done: 0,
  /** Something was not done; a line on standard error says what, and what to do. */
  Failed: 1,
  /** The command line was wrong; nothing was tried. */
  Usage: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What ends a command. The message is one line for the user: what went wrong, and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = ExitCode.Failed) {
    super(message);
    this.exitCode = exitCode;
  }
}
