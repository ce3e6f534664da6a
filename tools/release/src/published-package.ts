import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** What is used of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly types?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly repository?: { readonly type: string; readonly url: string; readonly directory?: string };
}

/** A package of the workspace that is published. */
export interface PublishedPackage {
  /** Below the workspace's folder: `packages/client`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Every project in `packages` and `apps`, by name. Those in `tools` are private. @throws {Error} when one of them is private */
export function publishedPackages(root: string): PublishedPackage[] {
  const folders = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(path.join(root, parent)).map((name) => path.posix.join(parent, name)),
  );
  return folders
    .filter((folder) => existsSync(path.join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(path.join(root, folder)) }))
    .map((published) => {
      if (published.manifest.private === true) throw new Error(`${published.folder} is private: its place is in tools`);
      return published;
    })
    .sort((one, other) => (one.manifest.name < other.manifest.name ? -1 : 1));
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** The version that all of them have. @throws {Error} when there are several */
export function commonVersion(packages: readonly PublishedPackage[]): string {
  const versions = [...new Set(packages.map(({ manifest }) => manifest.version))];
  const [version] = versions;
  if (version === undefined || versions.length > 1) throw new Error(`the packages have more than one version: ${versions.join(', ')}`);
  return version;
}
