import { readFileSync } from 'node:fs';

/** Files that a process of Node, which raises its limit as far as it may, can have open here; infinite where there is no /proc. */
export function openFilesLimit(): number {
  try {
    const [, hard = ''] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return hard === 'unlimited' || hard === '' ? Infinity : Number(hard);
  } catch {
    return Infinity;
  }
}
