import { commonVersion, publishedPackages } from '../published-package.js';
import { writeAddress } from './address.js';
import { git, releaseTags, tagOfHead } from './git.js';
import { nx } from './nx.js';

export interface VersionOptions {
  /** `auto` (what the commits since the last release ask for), `major`, `minor`, `patch`, `prerelease` or a version. */
  readonly specifier: string;
  /** `owner/name` on GitHub, which the packages then name; absent: they stay as they are. */
  readonly repository?: string;
  readonly dryRun?: boolean;
}

export interface VersionMade {
  /** Null when it was a dry run. */
  readonly tag: string | null;
  /** What Nx wrote; empty when HEAD was a release already. */
  readonly output: string;
}

const SPECIFIER = /^(auto|major|minor|patch|prerelease|\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?)$/;

/**
 * Makes the commit and the tag of the next release, on this machine only. A HEAD that is a release already is left alone.
 * The first release is `auto` the version that the packages have.
 * @throws {Error} when nothing was committed that asks for a release, or the history is not all there
 */
export async function makeVersion(root: string, { specifier, repository, dryRun = false }: VersionOptions): Promise<VersionMade> {
  if (!SPECIFIER.test(specifier)) throw new Error(`not a version, nor auto, major, minor, patch or prerelease: ${specifier}`);
  const made = await tagOfHead(root);
  if (made !== null) return { tag: made, output: '' };
  if ((await git(root, 'rev-parse', '--is-shallow-repository')) === 'true') throw new Error('the clone has not all commits and tags');
  if (repository !== undefined && !dryRun) await commitAddress(root, repository);
  const first = (await releaseTags(root)).length === 0;
  const version = specifier !== 'auto' ? [specifier] : first ? [commonVersion(publishedPackages(root))] : [];
  const flags = ['--skip-publish', ...(first ? ['--first-release'] : []), ...(dryRun ? ['--dry-run'] : [])];
  const before = await git(root, 'rev-parse', 'HEAD');
  const output = await nx(root, 'release', ...version, ...flags);
  if (dryRun) return { tag: null, output };
  const tag = await tagOfHead(root);
  if (tag === null) throw new Error('nothing to release: no feat, fix, perf or breaking change in a package since the last release');
  if ((await git(root, 'rev-parse', 'HEAD')) === before) {
    await git(root, 'tag', '--delete', tag);
    throw new Error(`${tag} changes no file; CHANGELOG.md has it already?`);
  }
  return { tag, output };
}

async function commitAddress(root: string, repository: string): Promise<void> {
  const files = writeAddress(root, repository);
  if (files.length > 0)
    await git(root, 'commit', '--quiet', '--message', 'chore(release): the packages name their repository', '--', ...files);
}
