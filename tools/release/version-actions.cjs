// What `nx release` moves versions with: Nx's own for packages, and the places elsewhere that show the version of the packages.
const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const packages = require('@nx/js/src/release/version-actions');

const FILES = [
  'packages/client/src/version.ts',
  'apps/nsqd/Dockerfile',
  'apps/nsqlookupd/Dockerfile',
  'deploy/README.md',
  'deploy/compose.yaml',
  'deploy/kubernetes/kustomization.yaml',
];
/** Tags of our images, their label, the client's constant. */
const SHOWN = /(?<=\b(?:nsqd|nsqlookupd):|image\.version="|newTag: |VERSION = ')\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?/g;

/** The versions that a text shows. */
const shownVersions = (text) => text.match(SHOWN) ?? [];

/** The text with another version. */
const withVersion = (text, version) => text.replace(SHOWN, version);

/** By Nx, once, when every package.json has its new version. */
async function afterAllProjectsVersioned(root, options) {
  const { changedFiles, deletedFiles } = await packages.afterAllProjectsVersioned(root, options);
  if (options.dryRun) return { changedFiles, deletedFiles };
  const { version } = JSON.parse(readFileSync(path.join(root, 'packages/client/package.json'), 'utf8'));
  for (const file of FILES) {
    const target = path.join(root, file);
    writeFileSync(target, withVersion(readFileSync(target, 'utf8'), version));
  }
  return { changedFiles: [...changedFiles, ...FILES], deletedFiles };
}

module.exports = { default: packages.default, afterAllProjectsVersioned, FILES, shownVersions, withVersion };
