import path from 'node:path';
import { exportedNames, type NamedExports } from '@nsq/e2e';
import type { PublishedPackage } from '../published-package.js';

/** What a program imports, `@nsq/commit-log/testing`, and what it has to find there. */
export interface EntryPoint extends NamedExports {
  readonly specifier: string;
}

/** Every module that the packages export, with the names that its source has. */
export function entryPoints(root: string, packages: readonly PublishedPackage[]): Promise<EntryPoint[]> {
  const sources = packages.flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      if (typeof target === 'string') return [];
      const source = target['@nsq/source'];
      if (source === undefined) throw new Error(`${manifest.name}: the export ${subpath} names no source`);
      return [{ specifier: path.posix.join(manifest.name, subpath), file: path.join(root, folder, source) }];
    }),
  );
  return Promise.all(sources.map(async ({ specifier, file }) => ({ specifier, ...(await exportedNames(file)) })));
}
