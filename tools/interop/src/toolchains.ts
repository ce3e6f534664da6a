import { spawnSync } from 'node:child_process';
import type { Toolchain } from './manifest.js';

/** Each must succeed. */
const PROBES: Readonly<Record<Toolchain, readonly (readonly [program: string, ...args: string[]])[]>> = {
  node: [],
  go: [['go', 'version']],
  python: [['python3', '-c', 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 10))']],
  rust: [['cargo', '--version']],
  java: [
    ['javac', '-version'],
    ['mvn', '--version'],
  ],
};

const PROBE_MS = 30_000;

/** What the machine lacks of a toolchain; null when it has all of it. */
export function lackOf(toolchain: Toolchain): string | null {
  for (const [program, ...args] of PROBES[toolchain]) {
    const { status, error } = spawnSync(program, args, { timeout: PROBE_MS, stdio: 'ignore' });
    if (error !== undefined || status !== 0) return `no ${[program, ...args.slice(0, 1)].join(' ')} that works`;
  }
  return null;
}
