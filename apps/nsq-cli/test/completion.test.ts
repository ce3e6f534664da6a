import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { nsq } from './nsq.js';

jest.setTimeout(60_000);

const run = promisify(execFile);
const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

describe('nsq completion', () => {
  (has('bash') ? it : it.failing)('completes commands, options and values in bash', async () => {
    const { stdout: script } = await nsq(['completion', 'bash']);
    const complete = async (...words: string[]): Promise<string[]> => {
      const ask = `eval "$SCRIPT"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nsq; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await run('bash', ['-c', ask, 'bash', ...words], { env: { ...process.env, SCRIPT: script } });
      return stdout.split('\n').filter((word) => word !== '');
    };
    expect(await complete('nsq', '')).toEqual(expect.arrayContaining(['up', 'pub', 'tail', 'stat', 'data', '--version']));
    expect(await complete('nsq', 'to')).toContain('topics');
    expect(await complete('nsq', 'topics', '')).toEqual(expect.arrayContaining(['list', 'create', 'empty', '--json']));
    expect(await complete('nsq', 'channels', 'create', 'orders', '--l')).toEqual(['--lookupd']);
    expect(await complete('nsq', 'up', '--durability', '')).toEqual(['memory', 'disk', 'fsync']);
    expect(await complete('nsq', 'pub', '--file', '')).toEqual([]);
    expect(await complete('nsq', 'completion', 'z')).toEqual(['zsh']);
  });

  it.each(['bash', 'zsh', 'fish'])('gives %s a script with every command that the shell can read', async (shell) => {
    const { code, stdout } = await nsq(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['tombstone', 'verify', 'durability', 'max-in-flight']) expect(stdout).toContain(word);
    if (has(shell)) expect(spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('knows no other shell', async () => {
    expect(await nsq(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Allowed choices are bash, zsh, fish') as unknown,
    });
  });
});
