import { allNodes, type CompletionNode } from './tree.js';

/** A script for fish. */
export function fishCompletion(root: CompletionNode): string {
  const [program = ''] = root.path;
  const paths = allNodes(root).filter((node) => node !== root);
  const known = paths.map(({ path }) => `'${path.join(' ')}'`).join(' ');
  const lines = allNodes(root).flatMap((node) => linesOf(program, node));
  return `# fish completion of ${program}: source it, or put it as ${program}.fish into ~/.config/fish/completions
function __${program}_at
    set -l path ${program}
    for word in (commandline -opc)[2..-1]
        if contains -- "$path $word" ${known}
            set path "$path $word"
        end
    end
    test "$path" = "$argv[1]"
end

complete -c ${program} -e
${lines.join('\n')}
`;
}

function linesOf(program: string, { path, commands, options, words }: CompletionNode): string[] {
  const start = `complete -c ${program} -n ${quote(`__${program}_at ${quote(path.join(' '))}`)}`;
  return [
    ...commands.map((sub) => `${start} -f -a ${quote(sub.path.at(-1) ?? '')} -d ${quote(sub.description)}`),
    ...words.map((word) => `${start} -f -a ${quote(word)}`),
    ...options.map(({ flags, description, takesValue, choices }) => {
      const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
      const value = !takesValue ? '' : choices === null ? ' -r' : ` -x -a ${quote(choices.join(' '))}`;
      return `${start} ${names}${value} -d ${quote(description)}`;
    }),
  ];
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
