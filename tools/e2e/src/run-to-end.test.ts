import { runToEnd } from './run-to-end.js';

const node = (script: string, timeoutMs = 30_000) => runToEnd([process.execPath, '-e', script], { cwd: __dirname, timeoutMs });

describe('runToEnd', () => {
  it('gives standard output, without standard error', async () => {
    await expect(node("console.log('out'); console.error('err')")).resolves.toBe('out\n');
  });

  it('says what a command that failed said last', async () => {
    await expect(node("console.log('out'); console.error('err'); process.exit(3)")).rejects.toThrow(
      /ended with code 3\n(out\nerr|err\nout)/,
    );
  });

  it('refuses a command that is not there', async () => {
    await expect(runToEnd(['no-such-program'], { cwd: __dirname, timeoutMs: 30_000 })).rejects.toThrow('ENOENT');
  });

  it('kills what takes too long, with all that it started', async () => {
    const grandchild = "require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })";
    await expect(node(grandchild, 500)).rejects.toThrow('not within 500 ms');
  });

  it('has a bound for what a command may say', async () => {
    const flood = "const text = 'x'.repeat(1 << 20); for (let i = 0; i < 80; i++) process.stdout.write(text)";
    await expect(node(flood)).rejects.toThrow('wrote more than');
  });
});
