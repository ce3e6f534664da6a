import { allNodes, type CompletionNode } from './tree.js';

/** A script for bash 3.2 and newer. */
export function bashCompletion(root: CompletionNode): string {
  const nodes = allNodes(root);
  const [program = ''] = root.path;
  const name = (node: CompletionNode): string => quote(node.path.join(' '));
  const paths = nodes.filter((node) => node !== root).map(name);
  const values = nodes.flatMap((node) =>
    node.options
      .filter(({ takesValue }) => takesValue)
      .map(({ flags, choices }) => {
        const patterns = flags.map((flag) => quote(`${node.path.join(' ')} ${flag}`)).join('|');
        return `    ${patterns}) ${choices === null ? 'compopt -o default 2>/dev/null' : reply(choices)}; return ;;`;
      }),
  );
  const words = nodes.map((node) => `    ${name(node)}) ${reply(wordsOf(node))} ;;`);
  return `# bash completion of ${program}: source this file, or put it into a folder of bash-completion
_${program}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path=${program} i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
    ${paths.join('|')}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $prev" in
${values.join('\n')}
  esac
  case "$path" in
${words.join('\n')}
  esac
}
complete -o default -F _${program} ${program}
`;
}

const wordsOf = ({ commands, options, words }: CompletionNode): string[] => [
  ...commands.map(({ path }) => path.at(-1) ?? ''),
  ...words,
  ...options.flatMap(({ flags }) => flags),
];

const reply = (words: readonly string[]): string => `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$cur"))`;

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
