// node check-packages.mjs TARBALL...: what publint and attw say about packages that are about to be published. Ends with 1 when that is anything.
import { readFile } from 'node:fs/promises';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

// TypeScript's node16 mode does not know that Node can require() ES modules; those that do are checked by compiling.
const EXPECTED = new Set(['CJSResolvesToESM']);
// attw's oldest resolution ignores "exports"; the packages need Node 20.19.
const OLDEST = 'node10';

for (const file of process.argv.slice(2)) {
  const data = await readFile(file);
  const tarball = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  const said = messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(data)));
  for (const problem of analysis.types === false || pkg.exports === undefined ? [] : analysis.problems) {
    if (!EXPECTED.has(problem.kind) && problem.resolutionKind !== OLDEST) said.push(`attw: ${JSON.stringify(problem)}`);
  }
  for (const line of said) console.log(`${pkg.name}: ${line}`);
  if (said.length > 0) process.exitCode = 1;
}
