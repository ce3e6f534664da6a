import { existsSync } from 'node:fs';
import path from 'node:path';
import { runToEnd } from '@nsq/e2e';
import { publishedPackages } from '../../published-package.js';
import { git } from '../../release/git.js';
import type { Stage } from '../stage.js';

const COPY_MS = 120_000;
const INSTALL_MS = 600_000;

/** A clone of HEAD with its dependencies. What is not committed is not part of a release. */
export async function clone({ root, clone: target }: Stage): Promise<string> {
  const changed = await git(root, 'status', '--porcelain');
  await git(root, 'clone', '--quiet', root, target);
  await git(target, 'checkout', '--quiet', '-B', 'main');
  // As in the workflow, no remote is asked; and `npm run` does not find this folder's own programs in the clone.
  await git(target, 'remote', 'remove', 'origin');
  const linked = await linkDependencies(root, target);
  if (!linked) await runToEnd(['npm', 'ci', '--prefer-offline'], { cwd: target, timeoutMs: INSTALL_MS });
  const head = await git(target, 'rev-parse', '--short', 'HEAD');
  return `${head}${changed === '' ? '' : ', without what is not committed'}; dependencies ${linked ? 'linked' : 'installed'}`;
}

/** The same files under other names: 1 s instead of 20. False where the file system, or `cp`, cannot do that. */
async function linkDependencies(root: string, target: string): Promise<boolean> {
  const folders = ['', ...publishedPackages(root).map(({ folder }) => folder)].map((folder) => path.join(folder, 'node_modules'));
  try {
    for (const folder of folders.filter((name) => existsSync(path.join(root, name)))) {
      await runToEnd(['cp', '-al', path.join(root, folder), path.join(target, folder)], { cwd: root, timeoutMs: COPY_MS });
    }
    return true;
  } catch {
    return false;
  }
}
