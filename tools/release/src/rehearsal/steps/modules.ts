import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { runToEnd } from '@nsq/e2e';
import { entryPoints } from '../entry-points.js';
import type { Stage } from '../stage.js';

const INSTALL_MS = 300_000;
const RUN_MS = 60_000;

/** Every library by `import` and by `require`: all names are there, and both give the same module. */
export async function modules(stage: Stage): Promise<string> {
  const folder = stage.emptyFolder('libraries');
  const names = stage.released.map(({ manifest }) => manifest.name);
  await runToEnd(['npm', 'install', '--prefer-offline', ...names], { cwd: folder, timeoutMs: INSTALL_MS });
  const entries = await entryPoints(stage.clone, stage.released);
  const list = JSON.stringify(entries.map(({ specifier, values }) => ({ specifier, values })));
  writeFileSync(
    path.join(folder, 'modules.mjs'),
    IMPORT_FIRST.replace('LIST', () => list),
  );
  writeFileSync(
    path.join(folder, 'modules.cjs'),
    REQUIRE_FIRST.replace('LIST', () => list),
  );
  for (const program of ['modules.mjs', 'modules.cjs']) await runToEnd([process.execPath, program], { cwd: folder, timeoutMs: RUN_MS });
  const values = entries.reduce((sum, entry) => sum + entry.values.length, 0);
  return `${values} names in ${entries.length} modules`;
}

const CHECK = `
const problems = [];
function check(specifier, values, imported, required) {
  for (const name of values) {
    if (imported[name] === undefined) problems.push(specifier + ' has no ' + name);
    if (imported[name] !== required[name]) problems.push(specifier + ': ' + name + ' is not the same by import and by require');
  }
  for (const name of Object.keys(imported)) {
    if (!values.includes(name)) problems.push(specifier + ' has ' + name + ', which its source does not export');
  }
}
process.on('exit', () => {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
});
`;

const IMPORT_FIRST = `import { createRequire } from 'node:module';
${CHECK}
const require = createRequire(import.meta.url);
for (const { specifier, values } of LIST) check(specifier, values, await import(specifier), require(specifier));
`;

const REQUIRE_FIRST = `${CHECK}
(async () => {
  for (const { specifier, values } of LIST) {
    const required = require(specifier);
    check(specifier, values, await import(specifier), required);
  }
})();
`;
