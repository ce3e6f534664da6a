import path from 'node:path';
import { runToEnd } from '@nsq/e2e';

/** Builds of all packages on a slow machine. */
const NX_MS = 900_000;

/** Runs Nx without its background process. @returns what it wrote @throws {Error} with the end of that */
export function nx(root: string, ...args: readonly string[]): Promise<string> {
  return runToEnd([path.join(root, 'node_modules', '.bin', 'nx'), ...args], {
    cwd: root,
    env: { NX_DAEMON: 'false', NX_TUI: 'false' },
    timeoutMs: NX_MS,
  });
}
