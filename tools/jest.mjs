// The test target of every project: runs Jest in this folder, and ends when its tests have, whatever becomes of the process that ran them.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const LONGEST_RUN_MS = 20 * 60_000;
const LONGEST_END_MS = 30_000;

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const child = spawn(process.execPath, [jest, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });

function endWith(code, why) {
  console.error(why);
  process.exitCode = code;
  child.kill('SIGKILL');
}

let timer = setTimeout(() => endWith(1, `Jest took longer than ${LONGEST_RUN_MS / 60_000} minutes.`), LONGEST_RUN_MS);

child.on('message', ({ failed, open }) => {
  clearTimeout(timer);
  if (open !== undefined) return endWith(1, `The tests have ended, but left something open: ${open.join(', ')}`);
  // Its event loop is empty, or the reporter would have told. Node can hang even there: in clean-up, over a handle that it has lost (a socket reset while
  // its end was being sent), or where its threads wait for each other (nodejs/node#54918). All results are in by then.
  timer = setTimeout(() => endWith(failed > 0 ? 1 : 0, 'Jest has ended, but its process did not: ended it.'), LONGEST_END_MS);
});
child.once('exit', (code) => {
  clearTimeout(timer);
  process.exitCode ??= code ?? 1;
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
