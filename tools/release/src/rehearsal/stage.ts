import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
    return new Stage(root, folder, await startRegistry(SERVE, storage));
  }

  /** The version of the last release. */
  get version(): string {
    const version = this.released[0]?.manifest.version;
    if (version === undefined) throw new Error('nothing is released yet');
    return version;
  }

  /** An empty folder that gets our packages from the registry, everything else from where this machine gets it. */
  emptyFolder(name: string): string {
    const folder = path.join(this.folder, name);
    mkdirSync(folder);
    writeFileSync(path.join(folder, '.npmrc'), this.registry.npmrc);
    return folder;
  }
}
