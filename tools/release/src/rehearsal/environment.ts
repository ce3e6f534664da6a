import path from 'node:path';

/** Of npm's own, what a user of the machine may have set on purpose. */
const KEPT = new Set(['npm_config_registry', 'npm_config_cache']);
/** They would be settings of what the rehearsal starts. */
const FOREIGN =
  /^(npm_|INIT_CWD$|NX_|NSQ_|NODE_PATH$|NODE_ENV$|NODE_AUTH_TOKEN$|NPM_TOKEN$|NPM_CONFIG_PROVENANCE$|GIT_|GITHUB_|ACTIONS_ID_TOKEN_)/;

/**
 * The environment of a stranger: without what `npm run` adds, above all the programs and the folder of this workspace, and without
 * what belongs to a real release.
 */
export function strangersEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && (KEPT.has(name) || !FOREIGN.test(name))) clean[name] = value;
  }
  const folders = (clean['PATH'] ?? '').split(path.delimiter);
  clean['PATH'] = folders.filter((folder) => !/[\\/](node_modules[\\/]\.bin|node-gyp-bin)$/.test(folder)).join(path.delimiter);
  return {
    ...clean,
    GIT_AUTHOR_NAME: 'Rehearsal',
    GIT_AUTHOR_EMAIL: 'rehearsal@localhost',
    GIT_COMMITTER_NAME: 'Rehearsal',
    GIT_COMMITTER_EMAIL: 'rehearsal@localhost',
  };
}
