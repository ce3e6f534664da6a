// `npm start`: installs what is missing, builds nsqd, runs it on the usual ports with the data folder ./data.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, nx, root } from './workspace.mjs';

await ensureInstalled();
const built = await nx('build', '@nsq/nsqd', '--output-style=static', '--verbose=false');
if (built !== 0) {
  console.error('The build failed; see above.');
  process.exit(built);
}

const args = process.argv.slice(2);
const given = (flag) => args.some((arg) => arg.replace(/^--?/, '').split('=')[0] === flag);
const data = path.join(root, 'data');
const own = [];
if (!given('data-path') && !given('config')) {
  mkdirSync(data, { recursive: true });
  own.push(`--data-path=${data}`);
}

// The terminal's Ctrl-C reaches nsqd by itself; this process waits for its clean stop.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => nsqd.kill(signal));
const nsqd = spawn(process.execPath, [path.join(root, 'apps/nsqd/dist/main.js'), ...own, ...args], {
  stdio: ['inherit', 'inherit', 'pipe'],
});
let ports = {};
let rest = '';
nsqd.stderr.on('data', (chunk) => {
  process.stderr.write(chunk);
  if (ports === null) return;
  rest += chunk;
  for (const [, name, address] of rest.matchAll(/INFO: (TCP|HTTP): listening on (\S+)/g)) ports[name] = address;
  if (ports.TCP === undefined || ports.HTTP === undefined) return;
  printNextSteps(ports);
  ports = null;
  rest = '';
});
nsqd.once('exit', (code) => process.exit(code ?? 1));

function printNextSteps({ TCP, HTTP }) {
  const http = HTTP.replace(/^(\[::\]|0\.0\.0\.0)/, '127.0.0.1');
  console.log(`
nsqd is running: clients connect to ${TCP}, HTTP is at http://${http}

  curl -d 'hello world' 'http://${http}/pub?topic=test'    # publish a message
  curl 'http://${http}/stats'                              # look at topics and channels

Ctrl-C stops it; what is queued is kept.
`);
}
