import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runToEnd } from '@nsq/e2e';
import { changelogSection, changelogVersions } from '../release/changelog.js';
import { addressKeys } from '../release/address.js';
import { git } from '../release/git.js';
import { commonVersion, publishedPackages, type PublishedPackage } from '../published-package.js';

const COMMAND_MS = 120_000;

export interface Expected {
  readonly tag: string;
  readonly repository: string;
  /** Texts of the new section of the changelog. */
  readonly changes: readonly string[];
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dependencies?: Readonly<Record<string, string>> } | undefined>
  >;
}

interface ShownVersions {
  readonly FILES: readonly string[];
  readonly shownVersions: (text: string) => readonly string[];
}

/** What a release has to look like in the workspace. @returns its packages @throws {Error} naming everything that is wrong */
export async function checkRelease(root: string, { tag, repository, changes }: Expected): Promise<PublishedPackage[]> {
  const packages = publishedPackages(root);
  const version = commonVersion(packages);
  const problems = [
    ...(tag === `v${version}` ? [] : [`the tag is ${tag}, the packages have version ${version}`]),
    ...rangeProblems(packages),
    ...lockProblems(packages, JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lock),
    ...addressProblems(packages, repository),
    ...shownProblems(root, version),
    ...changelogProblems(readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8'), version, changes),
  ];
  const subject = await git(root, 'log', '-1', '--format=%s');
  if (subject !== `chore(release): ${tag}`) problems.push(`the commit is called ${subject}`);
  const kind = await git(root, 'cat-file', '-t', tag);
  if (kind !== 'tag') problems.push(`${tag} is a ${kind}, not an annotated tag`);
  const left = await git(root, 'status', '--porcelain');
  if (left !== '') problems.push(`not committed:\n${left}`);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  await runToEnd(['npm', 'ci', '--dry-run', '--prefer-offline'], { cwd: root, timeoutMs: COMMAND_MS });
  // What the release wrote must not be what the next CI run complains about.
  const changed = (await git(root, 'diff', '--name-only', 'HEAD~1')).split('\n');
  await runToEnd(['node_modules/.bin/prettier', '--check', '--ignore-unknown', ...changed], { cwd: root, timeoutMs: COMMAND_MS });
  return packages;
}

/** Ranges between our packages that are not `^` of the version they all have. */
export function rangeProblems(packages: readonly PublishedPackage[]): string[] {
  const names = new Set(packages.map(({ manifest }) => manifest.name));
  return packages.flatMap(({ manifest }) =>
    Object.entries(manifest.dependencies ?? {})
      .filter(([name, range]) => names.has(name) && range !== `^${manifest.version}`)
      .map(([name, range]) => `${manifest.name} ${manifest.version} depends on ${name} ${range}`),
  );
}

function lockProblems(packages: readonly PublishedPackage[], lock: Lock): string[] {
  return packages.flatMap(({ folder, manifest }) => {
    const locked = lock.packages[folder];
    const same =
      locked?.version === manifest.version &&
      Object.entries(manifest.dependencies ?? {}).every(([name, range]) => locked.dependencies?.[name] === range);
    return same ? [] : [`package-lock.json: ${folder} is not what its package.json says`];
  });
}

/** Files beside the packages that show another version than theirs, or none. */
export function shownProblems(root: string, version: string): string[] {
  const load = createRequire(path.join(root, 'package.json'));
  const { FILES, shownVersions } = load('./tools/release/version-actions.cjs') as ShownVersions;
  return FILES.flatMap((file) => {
    const shown = shownVersions(readFileSync(path.join(root, file), 'utf8'));
    return shown.length > 0 && shown.every((one) => one === version)
      ? []
      : [`${file} shows ${shown.join(', ') || 'no version'}, not ${version}`];
  });
}

function addressProblems(packages: readonly PublishedPackage[], repository: string): string[] {
  return packages.flatMap(({ folder, manifest }) => {
    const expected = JSON.stringify(addressKeys(repository, folder).repository);
    return JSON.stringify(manifest.repository) === expected ? [] : [`${folder}/package.json: repository is not ${expected}`];
  });
}

function changelogProblems(changelog: string, version: string, changes: readonly string[]): string[] {
  const [newest, ...older] = changelogVersions(changelog);
  if (older.includes(version)) return [`CHANGELOG.md has ${version} twice`];
  if (newest !== version) return [`CHANGELOG.md begins with ${String(newest)}, not ${version}`];
  const section = changelogSection(changelog, version);
  return changes.filter((change) => !section.includes(change)).map((change) => `CHANGELOG.md, ${version}: nothing about "${change}"`);
}
