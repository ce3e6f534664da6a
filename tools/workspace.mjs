import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The workspace's folder. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Runs a program to its end with the terminal as its own. Resolves with its exit code; a signal counts as 1. */
export function run(command, args, env = {}, cwd = root) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: 'inherit',
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Installs a folder's dependencies unless those of its lock file are there. Ends the process when that fails. */
export async function ensureInstalled(folder = root) {
  const stamp = path.join(folder, 'node_modules', '.installed');
  const lock = createHash('sha256')
    .update(readFileSync(path.join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log(`Installing dependencies${folder === root ? '' : ` of ${path.relative(root, folder)}`} (npm ci), once ...`);
  const code = await run('npm', ['ci', '--no-audit', '--no-fund'], {}, folder);
  if (code !== 0) {
    console.error('npm ci failed; see above.');
    process.exit(code);
  }
  writeFileSync(stamp, lock);
}

/** Runs Nx without its background process, so that nothing stays behind. */
export function nx(...args) {
  return run('npx', ['--no-install', 'nx', ...args], { NX_DAEMON: 'false' });
}
