import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCommand, USAGE, UsageError, type Command } from './command-line.js';
import { strangersEnvironment } from './rehearsal/environment.js';
import { rehearse } from './rehearsal/rehearsal.js';
import { writeAddress } from './release/address.js';
import { changelogSection } from './release/changelog.js';
import { tagOfHead } from './release/git.js';
import { makeVersion } from './release/make-version.js';
import { publish } from './release/publish.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAX_LISTENERS = 100; // one at `exit` for each process that runs

async function main(command: Command): Promise<number> {
  // Set by GitHub Actions.
  const repository = process.env['GITHUB_REPOSITORY'];
  const address = repository === undefined ? {} : { repository };
  switch (command.name) {
    case 'help':
      process.stdout.write(USAGE);
      return 0;
    case 'version': {
      const { specifier, dryRun } = command;
      const { tag, output } = await makeVersion(ROOT, { ...address, specifier, dryRun });
      process.stdout.write(output);
      if (tag !== null) console.log(`HEAD is ${tag}`);
      return 0;
    }
    case 'publish': {
      const { registry, dryRun } = command;
      process.stdout.write(await publish(ROOT, { ...address, ...(registry !== undefined && { registry }), dryRun }));
      return 0;
    }
    case 'tag':
      console.log(await releaseTag());
      return 0;
    case 'notes':
      console.log(changelogSection(readFileSync(path.join(ROOT, 'CHANGELOG.md'), 'utf8'), (await releaseTag()).slice(1)));
      return 0;
    case 'address':
      console.log(writeAddress(ROOT, command.repository).join('\n'));
      return 0;
    case 'rehearsal':
      process.env = strangersEnvironment(process.env);
      return (await rehearse(ROOT, command)) ? 0 : 1;
  }
}

async function releaseTag(): Promise<string> {
  const tag = await tagOfHead(ROOT);
  if (tag === null) throw new Error('HEAD is not a release: it has no tag');
  return tag;
}

process.setMaxListeners(MAX_LISTENERS);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
Promise.resolve(process.argv.slice(2))
  .then(parseCommand)
  .then(main)
  .then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof UsageError ? `${error.message}; --help tells what there is` : `FAILED: ${(error as Error).message}`);
      process.exit(error instanceof UsageError ? 2 : 1);
    },
  );
