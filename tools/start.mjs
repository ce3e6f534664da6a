// `npm start`: installs what is missing, builds the command line with the daemons, runs `nsq up` with the data folder ./data.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureInstalled, nx, root } from './workspace.mjs';

await ensureInstalled();
const built = await nx('build', '@nsq/cli', '--output-style=static', '--verbose=false');
if (built !== 0) {
  console.error('The build failed; see above.');
  process.exit(built);
}

const args = process.argv.slice(2);
const data = args.some((arg) => arg === '--data' || arg.startsWith('--data=')) ? [] : [`--data=${path.join(root, 'data')}`];

// The terminal's Ctrl-C reaches nsq by itself; this process waits for its clean stop.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (signal === 'SIGTERM' ? nsq.kill(signal) : undefined));
const nsq = spawn(process.execPath, [path.join(root, 'apps/nsq-cli/dist/main.js'), 'up', ...data, ...args], { stdio: 'inherit' });
nsq.once('exit', (code) => process.exit(code ?? 1));
