import { allNodes, type CompletionNode, type CompletionOption } from './tree.js';

/** A script for zsh: a function for each command. */
export function zshCompletion(root: CompletionNode): string {
  const [program = ''] = root.path;
  return `#compdef ${program}
# zsh completion of ${program}: put it as _${program} into a folder of $fpath, or source it

${allNodes(root).map(functionOf).join('\n')}
if [ "$funcstack[1]" = "_${program}" ]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

function functionOf(node: CompletionNode): string {
  const { commands, options, words } = node;
  const specs = options.map((option) => `    ${specOf(option)}`);
  if (commands.length === 0) {
    const rest = words.length > 0 ? quote(`1:word:(${words.join(' ')})`) : quote('*:argument:_default');
    return `${nameOf(node)}() {\n  _arguments -s \\\n${[...specs, `    ${rest}`].join(' \\\n')}\n}\n`;
  }
  const described = commands.map(({ path, description }) => `      ${quote(`${path.at(-1) ?? ''}:${description}`)}`);
  const cases = commands.map((sub) => `        ${sub.path.at(-1) ?? ''}) ${nameOf(sub)} ;;`);
  return `${nameOf(node)}() {
  local state line
  _arguments -C \\
${[...specs, `    '1: :->command'`, `    '*:: :->rest'`].join(' \\\n')}
  case $state in
    command)
      local -a commands=(
${described.join('\n')}
      )
      _describe command commands ;;
    rest)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}
`;
}

function specOf({ flags, description, takesValue, choices }: CompletionOption): string {
  const about = `[${description.replace(/[[\]\\:]/g, String.raw`\$&`)}]`;
  const value = !takesValue ? '' : choices === null ? ':value:_default' : `:value:(${choices.join(' ')})`;
  return flags.map((flag) => quote(`*${flag}${about}${value}`)).join(' ');
}

const nameOf = ({ path }: CompletionNode): string => `_${path.join('_')}`;
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
