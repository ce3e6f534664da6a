import { Command, CommanderError } from 'commander';
import { CliError, ExitCode } from './cli-error.js';
import { upCommand } from './up/up-command.js';
import { version } from './version.js';

/**
 * Runs the program with these arguments. Resolves with the exit code, once everything is done; what went wrong has been said on standard error,
 * in one line.
 */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  const program = new Command('nsq')
    .description('Run the NSQ stack and use it.')
    .version(version, '-V, --version')
    .helpCommand('help [command]', 'show what a command does')
    .showSuggestionAfterError()
    .addHelpText('after', '\nExit codes: 0 done, 1 not done (standard error says why), 2 wrong command line.');
  for (const command of [upCommand()]) program.addCommand(command);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showHelpAfterError(`(${nameOf(command)} --help says more)`);
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return ExitCode.Done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage;
    process.stderr.write(`nsq: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof CliError ? error.exitCode : ExitCode.Failed;
  }
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
