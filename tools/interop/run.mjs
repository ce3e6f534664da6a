// `npm run interop`: installs what is missing, builds the daemons and the driver, runs the driver.
import { ensureInstalled, nx } from '../workspace.mjs';

await ensureInstalled();
const built = await nx('build', '@nsq/interop', '--output-style=static', '--verbose=false');
if (built !== 0) {
  console.error('The build failed; see above.');
  process.exit(built);
}
await import('./dist/main.js');
