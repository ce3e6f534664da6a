// `npm run interop`: installs what is missing, builds the daemons and the driver, runs the driver.
import path from 'node:path';
import { ensureInstalled, nx, root, run } from '../workspace.mjs';

await ensureInstalled();
const built = await nx('build', '@nsq/interop', '--output-style=static', '--verbose=false');
if (built !== 0) {
  console.error('The build failed; see above.');
  process.exit(built);
}
process.exitCode = await run(process.execPath, [path.join(root, 'tools/interop/dist/main.js'), ...process.argv.slice(2)]);
