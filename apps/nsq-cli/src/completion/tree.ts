import type { Command, Option } from 'commander';

/** What can stand behind a command on the command line. */
export interface CompletionNode {
  /** Words that lead to it: `nsq topics create`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly CompletionNode[];
  readonly options: readonly CompletionOption[];
  /** Values of its first argument, where they are known. */
  readonly words: readonly string[];
}

export interface CompletionOption {
  readonly flags: readonly string[];
  readonly description: string;
  /** Whether a value follows. */
  readonly takesValue: boolean;
  /** Null for any value. */
  readonly choices: readonly string[] | null;
}

/** The commands and options of the program, as commander knows them. */
export function completionTree(command: Command, path: readonly string[] = []): CompletionNode {
  const own = [...path, command.name()];
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((sub) => sub.name() !== 'help');
  return {
    path: own,
    description: command.description(),
    commands: commands.map((sub) => completionTree(sub, own)),
    options: [...help.visibleOptions(command).map(optionOf), ...inherited(command)],
    words: command.registeredArguments[0]?.argChoices ?? [],
  };
}

/** Of the command that is meant when none is named: `nsq topics --json` is `nsq topics list --json`. */
function inherited(command: Command): CompletionOption[] {
  const fallback = command.commands.find((sub) => sub.name() === 'list');
  return fallback === undefined ? [] : fallback.options.map(optionOf);
}

function optionOf({ short, long, description, required, optional, argChoices }: Option): CompletionOption {
  const flags = [short, long].filter((flag) => flag !== undefined);
  return { flags, description, takesValue: required || optional, choices: argChoices ?? null };
}

/** The node itself, and all below it. */
export function allNodes(node: CompletionNode): CompletionNode[] {
  return [node, ...node.commands.flatMap(allNodes)];
}
