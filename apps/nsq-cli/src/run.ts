import { Command, CommanderError } from 'commander';
import { channelsCommand } from './admin/channels-command.js';
import { nodesCommand } from './admin/nodes-command.js';
import { topicsCommand } from './admin/topics-command.js';
import { benchCommand } from './bench/bench-command.js';
import { CliError, ExitCode } from './cli-error.js';
import { completionCommand } from './completion/completion-command.js';
import { dataCommand } from './data/data-command.js';
import { doctorCommand } from './doctor/doctor-command.js';
import { explain } from './failure.js';
import { watchOutput } from './output/stdout.js';
import { pubCommand } from './pub/pub-command.js';
import { statCommand } from './stat/stat-command.js';
import { tailCommand } from './tail/tail-command.js';
import { toFileCommand } from './tools/nsq-to-file/to-file-command.js';
import { toHttpCommand } from './tools/nsq-to-http/to-http-command.js';
import { toNsqCommand } from './tools/nsq-to-nsq/to-nsq-command.js';
import { upCommand } from './up/up-command.js';
import { version } from './version.js';

/** In the order of the help. */
const commands = [
  upCommand,
  pubCommand,
  tailCommand,
  statCommand,
  toFileCommand,
  toHttpCommand,
  toNsqCommand,
  topicsCommand,
  channelsCommand,
  nodesCommand,
  dataCommand,
  doctorCommand,
  benchCommand,
  completionCommand,
];

/**
 * Runs the program with these arguments. Resolves with the exit code, once everything is done; what went wrong has been said on standard error,
 * in one line.
 */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  watchOutput();
  const program = new Command('nsq')
    .description('Run the NSQ stack and use it.')
    .version(version, '-V, --version')
    .helpCommand('help [command]', 'show what a command does')
    .showSuggestionAfterError()
    .addHelpText('after', '\nExit codes: 0 done, 1 not done (standard error says why), 2 wrong command line.');
  for (const command of commands) program.addCommand(command());
  for (const command of withAllBelow(program)) {
    command.exitOverride().showHelpAfterError(`(${nameOf(command)} --help says more)`);
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return ExitCode.Done;
  } catch (error) {
    if (error instanceof CommanderError) return usageError(error);
    process.stderr.write(`nsq: ${explain(error)}\n`);
    return error instanceof CliError ? error.exitCode : ExitCode.Failed;
  }
}

function usageError(error: CommanderError): ExitCode {
  if (error.exitCode === 0) return ExitCode.Done;
  // Commander has said what it found itself; what a command throws is still to be said.
  if (error.code === 'commander.invalidArgument' && !error.message.startsWith('error:')) process.stderr.write(`nsq: ${error.message}\n`);
  return ExitCode.Usage;
}

const withAllBelow = (command: Command): Command[] => [command, ...command.commands.flatMap(withAllBelow)];

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
