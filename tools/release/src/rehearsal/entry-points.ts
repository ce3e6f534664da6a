import { readFileSync } from 'node:fs';
import path from 'node:path';
import { namedExports, type NamedExports } from '../named-exports.js';
import type { PublishedPackage } from '../published-package.js';

/** What a program imports, `@nsq/commit-log/testing`, and what it has to find there. */
export interface EntryPoint extends NamedExports {
  readonly specifier: string;
}

/** Every module that the packages export, with the names that its source has. */
export function entryPoints(root: string, packages: readonly PublishedPackage[]): EntryPoint[] {
  return packages.flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      if (typeof target === 'string') return [];
      const source = target['@nsq/source'];
      if (source === undefined) throw new Error(`${manifest.name}: the export ${subpath} names no source`);
      const specifier = path.posix.join(manifest.name, subpath);
      return [{ specifier, ...namedExports(readFileSync(path.join(root, folder, source), 'utf8')) }];
    }),
  );
}
