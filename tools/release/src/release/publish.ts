import { commonVersion, publishedPackages } from '../published-package.js';
import { addressKeys } from './address.js';
import { newestTag, tagOfHead } from './git.js';
import { nx } from './nx.js';

export interface PublishOptions {
  /** Absent: npm's. */
  readonly registry?: string;
  /** `owner/name` on GitHub, which the packages have to name; npm refuses the provenance of others. */
  readonly repository?: string;
  /** Nothing is published, and HEAD need not be a release. */
  readonly dryRun?: boolean;
}

/**
 * Builds and publishes the release that HEAD is, each package behind those that it needs. What the registry has already is left out, so
 * that a release which died half-way can be finished. A pre-release gets the tag `next`, everything else `latest`.
 * @returns what Nx wrote
 * @throws {Error} when HEAD is not the newest release: `latest` would go back to it
 */
export async function publish(root: string, { registry, repository, dryRun = false }: PublishOptions): Promise<string> {
  const packages = publishedPackages(root);
  const version = commonVersion(packages);
  if (!dryRun) checkTag(await tagOfHead(root), await newestTag(root), version);
  if (repository !== undefined && !dryRun) {
    for (const { folder, manifest } of packages) {
      const { url, directory } = addressKeys(repository, folder).repository;
      if (manifest.repository?.url !== url || manifest.repository.directory !== directory) {
        throw new Error(`${folder}/package.json does not name ${repository} as its repository: npm run release -- address ${repository}`);
      }
    }
  }
  await nx(root, 'run-many', '-t', 'build', 'bundle', '--projects=packages/*,apps/*', '--output-style=static');
  const flags = [...(registry === undefined ? [] : [`--registry=${registry}`]), ...(dryRun ? ['--dry-run'] : [])];
  return nx(root, 'release', 'publish', `--tag=${version.includes('-') ? 'next' : 'latest'}`, ...flags);
}

/** @throws {Error} when the release of HEAD cannot be published */
export function checkTag(tag: string | null, newest: string | null, version: string): void {
  if (tag === null) throw new Error('HEAD is not a release: it has no tag');
  if (tag !== `v${version}`) throw new Error(`HEAD is ${tag}, but the packages have version ${version}`);
  if (tag !== newest) throw new Error(`${String(newest)} was released after ${tag}; a tag of the registry would go back`);
}
