import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a machine may have to build and run a client program with. */
export const TOOLCHAINS = ['node', 'go', 'python', 'rust', 'java'] as const;
export type Toolchain = (typeof TOOLCHAINS)[number];

/** A program below `clients/` that uses one library: its `*.manifest.json`. */
export interface Manifest {
  /** The library's name, as its people write it. */
  readonly name: string;
  readonly language: string;
  readonly url: string;
  readonly toolchain: Toolchain;
  /** Where the library's version is pinned: a file in the program's folder, and an expression whose first group is the version; or the text. */
  readonly version: { readonly file: string; readonly pattern: string } | string;
  /** For what reads the HTTP APIs: the one scenario that it is for. A client library is for all others. */
  readonly reads?: string;
  /** Commands that make the program, in its folder. `{build}` is the folder for what they make, `{folder}` the program's own. */
  readonly build: readonly (readonly string[])[];
  /** The program; the scenario's action and its parameters follow. */
  readonly run: readonly string[];
  /** Features that the library does not have, and how we know. */
  readonly missing: Readonly<Record<string, string>>;
  /** Features that it has, and that do not work for a reason of its own, and how we know. They are tried all the same. */
  readonly faults: Readonly<Record<string, string>>;
  /** Features that work, but for a fault of its own that shows now and then, by chance: a second try has to pass. Shown as a note. */
  readonly unsteady?: Readonly<Record<string, string>>;
  /** What else is worth knowing about a feature. */
  readonly notes: Readonly<Record<string, string>>;
}

/** A manifest, and what follows from where it stands. */
export interface Library extends Manifest {
  readonly folder: string;
  readonly pinned: string;
}

const CLIENTS = fileURLToPath(new URL('../clients/', import.meta.url));
const SUFFIX = '.manifest.json';

/** All libraries, in the order of their names. @throws {Error} when a version is not pinned where its manifest says */
export function libraries(clients = CLIENTS): Library[] {
  const files = readdirSync(clients, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(SUFFIX));
  return files.map((file) => read(path.join(clients, file))).sort((one, other) => one.name.localeCompare(other.name));
}

function read(file: string): Library {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const folder = path.dirname(file);
  return { ...manifest, folder, pinned: pinnedIn(folder, manifest) };
}

function pinnedIn(folder: string, { name, version }: Manifest): string {
  if (typeof version === 'string') return version;
  const pins = readFileSync(path.resolve(folder, version.file), 'utf8');
  const pinned = new RegExp(version.pattern, 'm').exec(pins)?.[1];
  if (pinned === undefined) throw new Error(`no version of ${name} in ${version.file} of ${folder}`);
  return pinned;
}
