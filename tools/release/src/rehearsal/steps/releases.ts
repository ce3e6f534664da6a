import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { git } from '../../release/git.js';
import { makeVersion } from '../../release/make-version.js';
import { publish } from '../../release/publish.js';
import { checkRegistry } from '../check-registry.js';
import { checkRelease } from '../check-release.js';
import type { Stage } from '../stage.js';

const REPOSITORY = 'example/nsq';

/** The next release, as the workflow makes it: version, changelog, commit and tag; asked for again, nothing more is done. */
export async function nextRelease(stage: Stage): Promise<string> {
  // So that there is something to release, however recent the last one is.
  await commit(stage.clone, 'packages/snappy', 'fix(snappy): the rehearsal has a change');
  const tag = await release(stage, ['the rehearsal has a change']);
  const head = await git(stage.clone, 'rev-parse', 'HEAD');
  const { tag: same } = await makeVersion(stage.clone, { specifier: 'auto' });
  if (same !== tag || (await git(stage.clone, 'rev-parse', 'HEAD')) !== head) {
    throw new Error('a release that is made already was made again');
  }
  return `${tag}: ${stage.released.length} packages`;
}

/** The one behind it: a breaking change and a fix of one library move the version, the ranges and the changelog of all. */
export async function breakingRelease(stage: Stage): Promise<string> {
  const before = stage.version;
  await commit(stage.clone, 'packages/protocol', 'feat(protocol)!: the rehearsal breaks something');
  await commit(stage.clone, 'packages/options', 'fix(options): the rehearsal repairs something');
  const tag = await release(stage, [
    '**protocol:** the rehearsal breaks something',
    'Breaking Changes',
    '**options:** the rehearsal repairs something',
  ]);
  if (tag !== `v${afterBreaking(before)}`) throw new Error(`a breaking change made ${before} ${tag}, not ${afterBreaking(before)}`);
  return `${tag} behind v${before}`;
}

/** It is published, each package behind those that it needs; publishing again leaves all as they are. */
export async function publication({ clone, registry, released }: Stage): Promise<string> {
  await publish(clone, { registry: registry.url, repository: REPOSITORY });
  await checkRegistry(registry, released);
  const again = await publish(clone, { registry: registry.url, repository: REPOSITORY });
  const skipped = again.match(/^Skipped package/gm)?.length ?? 0;
  if (skipped !== released.length) throw new Error(`${skipped} packages were skipped the second time, not all\n${again}`);
  return `${skipped} packages; all of them left out the second time`;
}

/** The version behind a breaking change: below 1.0.0 it moves the second number. */
export function afterBreaking(version: string): string {
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
  return major === 0 ? `0.${minor + 1}.0` : `${major + 1}.0.0`;
}

async function release(stage: Stage, changes: readonly string[]): Promise<string> {
  const { clone } = stage;
  const { tag } = await makeVersion(clone, { specifier: 'auto', repository: REPOSITORY });
  if (tag === null) throw new Error('no release was made');
  stage.released = await checkRelease(clone, { tag, repository: REPOSITORY, changes });
  return tag;
}

async function commit(root: string, folder: string, message: string): Promise<void> {
  const readme = path.posix.join(folder, 'README.md');
  appendFileSync(path.join(root, readme), '\n');
  await git(root, 'commit', '--quiet', '--message', message, '--', readme);
}
