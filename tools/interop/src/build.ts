import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@nsq/e2e';
import type { Library } from './manifest.js';

const BUILD = fileURLToPath(new URL('../.build/', import.meta.url));
/** The first build of a library fetches and compiles all that it depends on. */
const STEP_MS = 600_000;

/** Where what is built in a client program's folder goes. Libraries of one folder share it. */
const outputOf = (library: Library): string => path.join(BUILD, path.basename(library.folder));

/** A command of the manifest, with its folders filled in. */
export function filled(library: Library, command: readonly string[]): string[] {
  return command.map((word) =>
    word
      .replaceAll('{build}', outputOf(library))
      .replaceAll('{folder}', library.folder)
      .replace(/^node$/, process.execPath),
  );
}

/** Builds the program of a library, unless what is there was made from the same files by the same commands. @throws {Error} with the output */
export async function build(library: Library): Promise<void> {
  const output = outputOf(library);
  const stamp = path.join(output, 'stamp');
  const print = printOf(library);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === print) return;
  mkdirSync(output, { recursive: true });
  rmSync(stamp, { force: true });
  for (const step of library.build)
    await runToEnd(filled(library, step), { cwd: library.folder, env: { BUILD: output }, timeoutMs: STEP_MS });
  writeFileSync(stamp, print);
}

function printOf(library: Library): string {
  const hash = createHash('sha256').update(JSON.stringify([library.build, library.folder]));
  for (const file of readdirSync(library.folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const full = path.join(library.folder, file);
    if (statSync(full).isFile() && !/__pycache__|\.manifest\.json$/.test(file)) hash.update(`\n${file}\n`).update(readFileSync(full));
  }
  return hash.digest('hex');
}
