import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The workspace's folder. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Runs a program to its end with the terminal as its own. Resolves with its exit code; a signal counts as 1. */
export function run(command, args, { env = {}, cwd = root, stdout = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['inherit', stdout, 'inherit'],
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Installs a folder's dependencies unless npm has done so since its lock file changed. Ends the process when that fails. */
export async function ensureInstalled(folder = root) {
  const changed = statSync(path.join(folder, 'package-lock.json')).mtimeMs;
  // npm writes it when it has finished.
  const installed = statSync(path.join(folder, 'node_modules', '.package-lock.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (installed >= changed) return;
  console.log(`Installing dependencies${folder === root ? '' : ` of ${path.relative(root, folder)}`} (npm ci), once ...`);
  const code = await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  if (code !== 0) {
    console.error('npm ci failed; see above.');
    process.exit(code);
  }
}

/** Runs Nx without its background process, so that nothing stays behind. */
export function nx(...args) {
  return run('npx', ['--no-install', 'nx', ...args], { env: { NX_DAEMON: 'false' } });
}
