import path from 'node:path';

interface SourceMap {
  readonly sourceRoot?: string;
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}

/**
 * Sources of a map that a debugger cannot show: neither in the map nor in the package.
 * @param file the map's path in the package
 */
export function missingSources(file: string, text: string, files: ReadonlySet<string>): string[] {
  const { sourceRoot = '', sources, sourcesContent } = JSON.parse(text) as SourceMap;
  return sources.filter((source, index) => {
    if (typeof sourcesContent?.[index] === 'string') return false;
    return !files.has(path.posix.join(path.posix.dirname(file), sourceRoot, source));
  });
}
