// `npm test`: installs what is missing, runs every project's tests, and ends with the totals of all of them.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, nx, root } from './workspace.mjs';

const projects = ['packages', 'apps', 'tools'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name)),
);
const tested = projects.filter((project) => readdirSync(path.join(root, project)).includes('jest.config.cjs'));
const summaryOf = (project) => path.join(root, project, 'test-results', 'summary.json');

await ensureInstalled();
for (const project of tested) rmSync(summaryOf(project), { force: true });
const code = await nx('run-many', '-t', 'test', '--parallel=2', '--output-style=static', ...process.argv.slice(2));

let passed = 0;
let failed = 0;
let skipped = 0;
for (const project of tested) {
  try {
    const summary = JSON.parse(readFileSync(summaryOf(project), 'utf8'));
    passed += summary.passed;
    failed += summary.failed;
    skipped += summary.skipped;
  } catch {
    // No summary: the project's tests never ran to their end.
    console.error(`${project}: no test results`);
    failed++;
  }
}
if (code !== 0 && failed === 0) failed = 1;
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
