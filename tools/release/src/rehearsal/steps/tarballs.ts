import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@nsq/e2e';
import { readManifest } from '../../published-package.js';
import { contentProblems, type Bounds } from '../../tarball/contents.js';
import { missingSources } from '../../tarball/source-map.js';
import type { Stage } from '../stage.js';

const BOUNDS = fileURLToPath(new URL('../../../packages.json', import.meta.url));
const CHECK = fileURLToPath(new URL('../../../registry/check-packages.mjs', import.meta.url));
const UNPACK_MS = 30_000;
const CHECK_MS = 120_000;

/** What is in the tarballs that were published, and what publint and attw say about them. */
export async function tarballs(stage: Stage): Promise<string> {
  const bounds = JSON.parse(readFileSync(BOUNDS, 'utf8')) as Readonly<Record<string, Bounds>>;
  const names = stage.released.map(({ manifest }) => manifest.name);
  const problems = Object.keys(bounds)
    .filter((name) => !names.includes(name))
    .map((name) => `${name}: in packages.json, but not published`);
  let count = 0;
  let bytes = 0;
  for (const name of names) {
    const folder = await unpacked(stage, name);
    const files = filesOf(folder);
    const bound = bounds[name];
    if (bound === undefined) problems.push(`${name}: has no bounds in packages.json; it has ${summary(files)}`);
    else problems.push(...packageProblems(folder, files, bound).map((problem) => `${name}: ${problem}`));
    count += files.size;
    bytes += total(files);
  }
  await runToEnd([process.execPath, CHECK, ...names.map((name) => tarballOf(stage, name))], {
    cwd: stage.folder,
    timeoutMs: CHECK_MS,
  }).catch((error: unknown) => problems.push((error as Error).message));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return `${count} files, ${Math.round(bytes / 1024)} KiB`;
}

function tarballOf({ registry, version }: Stage, name: string): string {
  return path.join(registry.storage, name, `${path.basename(name)}-${version}.tgz`);
}

async function unpacked(stage: Stage, name: string): Promise<string> {
  const folder = path.join(stage.folder, 'tarballs', name);
  mkdirSync(folder, { recursive: true });
  await runToEnd(['tar', '-xzf', tarballOf(stage, name), '-C', folder], { cwd: stage.folder, timeoutMs: UNPACK_MS });
  return path.join(folder, 'package');
}

function filesOf(folder: string): Map<string, number> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll(path.sep, '/'));
  const entries = names.map((name) => ({ name, stat: statSync(path.join(folder, name)) }));
  return new Map(entries.filter(({ stat }) => stat.isFile()).map(({ name, stat }) => [name, stat.size]));
}

function packageProblems(folder: string, files: ReadonlyMap<string, number>, bounds: Bounds): string[] {
  const manifest = readManifest(folder);
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  const names = new Set(files.keys());
  const maps = [...names].filter((name) => name.endsWith('.map'));
  const programs = Object.values(manifest.bin ?? {}).filter((file) => names.has(path.posix.normalize(file)));
  return [
    ...contentProblems(manifest, files, bounds),
    ...maps.flatMap((map) => missingSources(map, read(map), names).map((source) => `${map} refers to ${source}, which is not there`)),
    ...programs
      .filter((file) => !read(file).startsWith('#!/usr/bin/env node\n'))
      .map((file) => `${file} does not begin with #!/usr/bin/env node`),
  ];
}

const total = (files: ReadonlyMap<string, number>): number => [...files.values()].reduce((sum, size) => sum + size, 0);
const summary = (files: ReadonlyMap<string, number>): string => `${files.size} files, ${Math.ceil(total(files) / 1024)} KiB`;
