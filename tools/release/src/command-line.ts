import { parseArgs } from 'node:util';

/** What the program is asked to do. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'rehearsal'; readonly keep: boolean }
  | { readonly name: 'version'; readonly specifier: string; readonly dryRun: boolean }
  | { readonly name: 'publish'; readonly registry: string | undefined; readonly dryRun: boolean }
  | { readonly name: 'tag' }
  | { readonly name: 'notes' }
  | { readonly name: 'address'; readonly repository: string };

/** A mistake on the command line; its message is for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage: npm run release -- COMMAND

  version auto|major|minor|patch|prerelease|X.Y.Z [--dry-run]
                          builds; moves the version of all packages, writes CHANGELOG.md; a commit and a tag, on this machine only
  publish [--registry URL] [--dry-run]
                          builds and publishes the release that HEAD is; leaves out what is published already
  tag                     prints the tag of the release that HEAD is
  notes                   prints what CHANGELOG.md says about the release that HEAD is
  address OWNER/NAME      writes the repository on GitHub into every package.json
  rehearsal [--keep]      all of it, in a clone, against a registry on this machine (npm run rehearsal); --keep leaves its files

docs/releasing.md has the rest. Exit codes: 0 done, 1 failed, 2 wrong command line.
`;

/** How many words stand behind a command, and which flags it knows. */
const COMMANDS = {
  rehearsal: { words: 0, flags: ['keep'] },
  version: { words: 1, flags: ['dry-run'] },
  publish: { words: 0, flags: ['registry', 'dry-run'] },
  tag: { words: 0, flags: [] },
  notes: { words: 0, flags: [] },
  address: { words: 1, flags: [] },
} as const;

/** @throws {UsageError} */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parsed(args);
  const [name = '', ...words] = positionals;
  if (values.help === true || (name === '' && Object.keys(values).length === 0)) return { name: 'help' };
  if (!isCommand(name)) throw new UsageError(`no command ${JSON.stringify(name)}; there is ${Object.keys(COMMANDS).join(', ')}`);
  const { words: count, flags } = COMMANDS[name];
  if (words.length !== count) throw new UsageError(`${name} takes ${count === 0 ? 'no word' : 'one word'}, not ${words.length}`);
  const foreign = Object.keys(values).find((flag) => !(flags as readonly string[]).includes(flag));
  if (foreign !== undefined) throw new UsageError(`${name} has no --${foreign}`);
  const [word = ''] = words;
  const dryRun = values['dry-run'] ?? false;
  switch (name) {
    case 'rehearsal':
      return { name, keep: values.keep ?? false };
    case 'version':
      return { name, specifier: word, dryRun };
    case 'publish':
      return { name, registry: values.registry, dryRun };
    case 'tag':
    case 'notes':
      return { name };
    case 'address':
      return { name, repository: word };
  }
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean' },
        registry: { type: 'string' },
        keep: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
