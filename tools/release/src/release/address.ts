import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { publishedPackages } from '../published-package.js';

const ADDRESS = /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/;

/** What a package.json says about where its source is. */
export interface AddressKeys {
  readonly repository: { readonly type: 'git'; readonly url: string; readonly directory?: string };
  readonly homepage: string;
  readonly bugs: { readonly url: string };
}

/**
 * @param repository `owner/name` on GitHub
 * @param folder of the package in it; empty for the workspace
 * @throws {Error} when the repository is not of that form
 */
export function addressKeys(repository: string, folder: string): AddressKeys {
  if (!ADDRESS.test(repository)) throw new Error(`the repository must be OWNER/NAME, not ${JSON.stringify(repository)}`);
  const page = `https://github.com/${repository}`;
  return {
    repository: { type: 'git', url: `git+${page}.git`, ...(folder !== '' && { directory: folder }) },
    homepage: folder === '' ? `${page}#readme` : `${page}/tree/main/${folder}#readme`,
    bugs: { url: `${page}/issues` },
  };
}

/** The text of a package.json with the address in it, behind `license`. What it said before is replaced. */
export function withAddress(text: string, keys: AddressKeys): string {
  const { repository, homepage, bugs } = keys;
  const entries = Object.entries(JSON.parse(text) as Record<string, unknown>).filter(([key]) => !(key in keys));
  const at = entries.findIndex(([key]) => key === 'license') + 1;
  entries.splice(at, 0, ...Object.entries({ homepage, bugs, repository }));
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

/** Writes into every published package, and the workspace's own package.json, where the source is. @returns the files that changed */
export function writeAddress(root: string, repository: string): string[] {
  const folders = ['', ...publishedPackages(root).map(({ folder }) => folder)];
  return folders.flatMap((folder) => {
    const file = path.join(folder, 'package.json');
    const before = readFileSync(path.join(root, file), 'utf8');
    const after = withAddress(before, addressKeys(repository, folder));
    if (after === before) return [];
    writeFileSync(path.join(root, file), after);
    return [file];
  });
}
