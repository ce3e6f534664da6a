// `npm run release` and `npm run rehearsal`: builds the program and runs it; the rehearsal installs what is missing first.
import path from 'node:path';
import { ensureInstalled, root, run } from '../workspace.mjs';

if (process.argv[2] === 'rehearsal') {
  await ensureInstalled();
  await ensureInstalled(path.join(root, 'tools/release/registry'));
}
// Standard output is the program's.
const stderr = 2;
const build = ['--no-install', 'nx', 'build', '@nsq/release', '--output-style=static', '--verbose=false'];
const built = await run('npx', build, { env: { NX_DAEMON: 'false' }, stdout: stderr });
if (built !== 0) {
  console.error('The build failed; see above.');
  process.exit(built);
}
await import('./dist/main.js');
