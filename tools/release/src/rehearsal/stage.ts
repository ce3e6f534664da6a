import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PublishedPackage } from '../published-package.js';
import { startRegistry, type Registry } from './registry.js';

const SERVE = fileURLToPath(new URL('../../registry/serve.cjs', import.meta.url));

/** What the steps of a rehearsal share. All that they make is in one temporary folder, which is gone at the end of the process. */
export class Stage {
  /** The workspace that is rehearsed. */
  readonly root: string;
  /** A clone of its HEAD, where the releases are made. */
  readonly clone: string;
  readonly folder: string;
  readonly registry: Registry;
  /** The packages of the last release. */
  released: readonly PublishedPackage[] = [];

  private constructor(root: string, folder: string, registry: Registry) {
    this.root = root;
    this.folder = folder;
    this.clone = path.join(folder, 'clone');
    this.registry = registry;
  }

  /** @param keep leaves the folder where it is */
  static async open(root: string, keep: boolean): Promise<Stage> {
    const folder = mkdtempSync(path.join(tmpdir(), 'nsq-rehearsal-'));
    if (!keep) process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    const storage = path.join(folder, 'storage');
    mkdirSync(storage);
    const registry = await startRegistry(SERVE, storage);
    useRegistry(registry, path.join(folder, 'npmrc'));
    return new Stage(root, folder, registry);
  }

  /** The version of the last release. */
  get version(): string {
    const version = this.released[0]?.manifest.version;
    if (version === undefined) throw new Error('nothing is released yet');
    return version;
  }

  /** An empty folder, where a stranger begins. */
  emptyFolder(name: string): string {
    const folder = path.join(this.folder, name);
    mkdirSync(folder);
    return folder;
  }
}

/** From here on npm has our packages from the registry, everything else from where this machine's user has it. */
function useRegistry({ npmrc }: Registry, file: string): void {
  const own = process.env['NPM_CONFIG_USERCONFIG'] ?? path.join(homedir(), '.npmrc');
  const settings = existsSync(own) ? `${readFileSync(own, 'utf8').trimEnd()}\n` : '';
  writeFileSync(file, settings + npmrc, { mode: 0o600 });
  process.env['NPM_CONFIG_USERCONFIG'] = file;
}
