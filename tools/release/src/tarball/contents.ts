import type { Manifest } from '../published-package.js';

/** What a tarball may hold at most, and beyond what every package has. */
export interface Bounds {
  readonly maxFiles: number;
  /** Unpacked, KiB. */
  readonly maxKiB: number;
  /** Folders of further files, for what is not compiled: `assets/`. */
  readonly folders?: readonly string[];
}

const ALWAYS = ['LICENSE', 'README.md', 'package.json'];
const MAY_SHIP = [
  /^dist\/.+\.(?:js|d\.ts|js\.map|d\.ts\.map)$/,
  /^src\/.+\.ts$/,
  /^bundle\/[^/]+\.js(?:\.map)?$/, // one file for each program
  /^bundle\/THIRD-PARTY-LICENSES\.txt$/,
];
const MUST_NOT = /\.test\.|(?:^|\/)(?:tests?|__tests__|fixtures)\//;

/**
 * What is wrong with the files of a package.
 * @param files paths in the package, with their size in bytes
 */
export function contentProblems(manifest: Manifest, files: ReadonlyMap<string, number>, bounds: Bounds): string[] {
  const names = [...files.keys()];
  const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
  const ships = (name: string): boolean =>
    ALWAYS.includes(name) ||
    (!MUST_NOT.test(name) &&
      (MAY_SHIP.some((pattern) => pattern.test(name)) || (bounds.folders ?? []).some((folder) => name.startsWith(folder))));
  return [
    ...names.filter((name) => !ships(name)).map((name) => `ships ${name}`),
    ...[...ALWAYS, ...entryFiles(manifest), ...bundled(names)].filter((name) => !files.has(name)).map((name) => `lacks ${name}`),
    ...compiledProblems(names),
    ...(names.length > bounds.maxFiles ? [`${names.length} files, at most ${bounds.maxFiles}`] : []),
    ...(bytes > bounds.maxKiB * 1024 ? [`${Math.ceil(bytes / 1024)} KiB, at most ${bounds.maxKiB}`] : []),
  ];
}

/** The files that `bin`, `exports` and `types` name. */
export function entryFiles({ bin, exports, types }: Manifest): string[] {
  const targets = Object.values(exports ?? {}).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)));
  const all = [...Object.values(bin ?? {}), ...targets, ...(types === undefined ? [] : [types])];
  return [...new Set(all.map((file) => file.replace(/^\.\//, '')))];
}

/** What goes with a bundle: the licences of what is in it. */
function bundled(names: readonly string[]): string[] {
  return names.some((name) => name.startsWith('bundle/')) ? ['bundle/THIRD-PARTY-LICENSES.txt'] : [];
}

/** A source without what is compiled of it, or the other way round: left over from a file that is gone. */
function compiledProblems(names: readonly string[]): string[] {
  const all = new Set(names);
  const sources = names.filter((name) => name.startsWith('src/') && name.endsWith('.ts')).map((name) => name.slice(4, -3));
  const compiled = names.filter((name) => name.startsWith('dist/')).map((name) => name.slice(5).replace(/(?:\.d)?\.[jt]s(?:\.map)?$/, ''));
  const lacking = sources.flatMap((name) =>
    ['.js', '.d.ts', '.js.map', '.d.ts.map'].map((end) => `dist/${name}${end}`).filter((file) => !all.has(file)),
  );
  const known = new Set(sources);
  return [
    ...lacking.map((file) => `lacks ${file}`),
    ...[...new Set(compiled)].filter((name) => !known.has(name)).map((name) => `ships dist/${name}.*, which has no source`),
  ];
}
