import type { PublishedPackage } from '../published-package.js';
import type { Registry } from './registry.js';

const FETCH_MS = 10_000;

interface Document {
  readonly 'dist-tags': Readonly<Record<string, string>>;
  readonly time: Readonly<Record<string, string>>;
}

/** All are there with the tag `latest`, each published behind those that it needs. @throws {Error} naming everything that is wrong */
export async function checkRegistry({ url }: Registry, packages: readonly PublishedPackage[]): Promise<void> {
  const published = new Map<string, number>();
  const problems: string[] = [];
  for (const { manifest } of packages) {
    const { name, version } = manifest;
    const response = await fetch(`${url}${name.replace('/', '%2f')}`, { signal: AbortSignal.timeout(FETCH_MS) });
    if (!response.ok) {
      problems.push(`${name}: the registry answers ${response.status}`);
      continue;
    }
    const document = (await response.json()) as Document;
    if (document['dist-tags']['latest'] !== version) problems.push(`${name}: latest is ${String(document['dist-tags']['latest'])}`);
    published.set(name, Date.parse(document.time[version] ?? ''));
  }
  for (const { manifest } of packages) {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if ((published.get(name) ?? 0) > (published.get(manifest.name) ?? 0)) problems.push(`${manifest.name} was published before ${name}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
