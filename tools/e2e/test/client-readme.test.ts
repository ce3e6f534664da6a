import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Producer } from '@nsq/client';
import { Stage, addressOf } from './client-setup.js';

const README = readFileSync(new URL('../../../packages/client/README.md', import.meta.url), 'utf8');
const EXAMPLES = [...README.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code);
/** From here `@nsq/client` is found as in an application. */
const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const TIMEOUT_MS = 60_000;

let stage: Stage;
beforeEach(() => (stage = new Stage()));
afterEach(() => stage.end());

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** Runs a program to its end; sends SIGTERM at its first output if it waits for that. */
async function run(code: string, type: 'module' | 'commonjs'): Promise<Ended> {
  const child = spawn(process.execPath, [`--input-type=${type}`, '--eval', code], {
    cwd: FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS / 2,
  });
  let [stdout, stderr, asked] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (code.includes('SIGTERM') && !asked) asked = child.kill('SIGTERM');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [exit] = (await once(child, 'close')) as [number | null];
  return { stdout, stderr, code: exit };
}

it('has examples', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(6);
});

it.each(EXAMPLES.map((code, index) => [index + 1, code] as const))(
  'runs example %d of the README',
  async (_, code) => {
    const nsqd = await stage.nsqd();
    const producer = new Producer({ nsqds: addressOf(nsqd) });
    await producer.publish(
      'orders',
      Array.from({ length: 10 }, (_each, index) => `order ${index}`),
    );
    await producer.close();
    const here = code.replaceAll('127.0.0.1:4150', addressOf(nsqd)).replaceAll('127.0.0.1:4151', `${nsqd.host}:${nsqd.httpPort}`);
    const ended = await run(here, 'module');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).not.toBe('');
  },
  TIMEOUT_MS,
);

it(
  'can be required by CommonJS, as the same package that others import',
  async () => {
    const nsqd = await stage.nsqd();
    const code = `
      const { Producer, Consumer, NsqError } = require('@nsq/client');
      (async () => {
        const imported = await import('@nsq/client');
        const producer = new Producer({ nsqds: '${addressOf(nsqd)}' });
        await producer.publish('t', 'hello');
        const error = await producer.publish('not a topic', 'x').catch((error) => error);
        await producer.close();
        const consumer = new Consumer({ topic: 't', channel: 'c', nsqds: '${addressOf(nsqd)}' });
        await consumer.run((message) => {
          console.log([message.text(), error instanceof NsqError, imported.NsqError === NsqError].join(' '));
          void consumer.close();
        });
      })();`;
    expect(await run(code, 'commonjs')).toEqual({ code: 0, stdout: 'hello true true\n', stderr: '' });
  },
  TIMEOUT_MS,
);
