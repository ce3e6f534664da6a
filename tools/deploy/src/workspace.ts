import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The workspace's folder. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A file of the workspace, by its path from the root. */
export function workspaceFile(name: string): string {
  return path.join(root, name);
}
