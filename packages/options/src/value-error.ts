/**
 * A text or a config value that its option does not take. The message is the bare reason, without the option's name.
 * `fatal` marks the one case that ends the program with exit code 1 and no usage text, although it stands on the command line.
 */
export class ValueError extends Error {
  override readonly name = 'ValueError';
  readonly fatal: boolean;

  constructor(reason: string, settings: { fatal?: boolean } = {}) {
    super(reason);
    this.fatal = settings.fatal ?? false;
  }
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
