import { Argument, Command } from 'commander';
import { print } from '../output/stdout.js';
import { bashCompletion } from './bash.js';
import { fishCompletion } from './fish.js';
import { completionTree } from './tree.js';
import { zshCompletion } from './zsh.js';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };
type Shell = keyof typeof SHELLS;

/** `nsq completion` */
export function completionCommand(): Command {
  const command = new Command('completion')
    .description('Print a script that completes commands and options in a shell.')
    .addArgument(new Argument('<shell>', 'for which shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
  bash:  nsq completion bash > ~/.local/share/bash-completion/completions/nsq
  zsh:   nsq completion zsh > "\${fpath[1]}/_nsq"
  fish:  nsq completion fish > ~/.config/fish/completions/nsq.fish
`,
    )
    .action(async (shell: Shell) => {
      await print(SHELLS[shell](completionTree(command.parent ?? command)));
    });
  return command;
}
