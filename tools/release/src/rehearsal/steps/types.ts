import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runToEnd } from '@nsq/e2e';
import { entryPoints, type EntryPoint } from '../entry-points.js';
import type { Stage } from '../stage.js';

const COMPILE_MS = 180_000;

const STRICT = {
  target: 'es2023',
  lib: ['es2023'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
};

/** How applications compile: file name ending and settings. */
const SETTINGS = [
  { name: 'es-modules', ending: 'mts', options: { module: 'nodenext', moduleResolution: 'nodenext', verbatimModuleSyntax: true } },
  { name: 'commonjs', ending: 'cts', options: { module: 'nodenext', moduleResolution: 'nodenext' } },
  { name: 'commonjs-for-a-bundler', ending: 'ts', options: { module: 'commonjs', moduleResolution: 'bundler' } },
] as const;

/** The workspace's TypeScript, at its strictest, over files that take every name from every package, in the folder that `modules` made. */
export async function types(stage: Stage): Promise<string> {
  const folder = path.join(stage.folder, 'libraries');
  const scope = path.join(folder, 'node_modules', '@types');
  mkdirSync(scope, { recursive: true });
  symlinkSync(path.join(stage.root, 'node_modules', '@types', 'node'), path.join(scope, 'node'), 'dir');
  const entries = await entryPoints(stage.clone, stage.released);
  const tsc = path.join(stage.root, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const { name, ending, options } of SETTINGS) {
    const source = path.join(folder, name);
    mkdirSync(source);
    for (const [index, entry] of entries.entries()) writeFileSync(path.join(source, `use-${index}.${ending}`), useOf(entry));
    writeFileSync(path.join(source, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...STRICT, ...options }, include: ['*'] }));
    await runToEnd([process.execPath, tsc, '--project', source], { cwd: folder, timeoutMs: COMPILE_MS });
  }
  const count = entries.reduce((sum, entry) => sum + entry.values.length + entry.types.length, 0);
  return `${count} names, ${SETTINGS.length} settings`;
}

/** A file that takes every name of a module; one that is not there is an error. */
export function useOf({ specifier, values, types: typeNames }: EntryPoint): string {
  const names = [...values, ...typeNames.map((name) => `type ${name}`)];
  return `export { ${names.join(', ')} } from '${specifier}';\n`;
}
