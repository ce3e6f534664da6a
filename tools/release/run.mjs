// `npm run release` and `npm run rehearsal`: installs what is missing, builds the program, runs it.
import path from 'node:path';
import { ensureInstalled, nx, root } from '../workspace.mjs';

await ensureInstalled();
if (process.argv[2] === 'rehearsal') await ensureInstalled(path.join(root, 'tools/release/registry'));
const built = await nx('build', '@nsq/release', '--output-style=static', '--verbose=false');
if (built !== 0) {
  console.error('The build failed; see above.');
  process.exit(built);
}
await import('./dist/main.js');
