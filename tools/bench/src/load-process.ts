import { fork, type ChildProcess } from 'node:child_process';
import type { FromLoad, LoadJob, LoadResult, ToLoad } from './load/job.js';

/** A process of its own that makes one load, so that the load's work is not done on the bench's or the daemon's account. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #kill = () => this.#child.kill('SIGKILL');

  constructor() {
    this.#child = fork(new URL('./load/main.js', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    process.once('exit', this.#kill);
    this.#child.once('exit', () => process.removeListener('exit', this.#kill));
  }

  /** Makes the connections. */
  async prepare(job: LoadJob): Promise<void> {
    const answer = await this.#ask({ job });
    if (!('ready' in answer)) throw new Error('the load process answered out of turn');
  }

  /** Runs the prepared load to its end. */
  async run(): Promise<LoadResult> {
    const answer = await this.#ask({ go: true });
    if (!('result' in answer)) throw new Error('the load process answered out of turn');
    return answer.result;
  }

  kill(): void {
    this.#kill();
  }

  #ask(message: ToLoad): Promise<FromLoad> {
    return new Promise((resolve, reject) => {
      const settle = (answer: FromLoad | null) => {
        this.#child.off('message', settle).off('exit', ended);
        if (answer === null) reject(new Error('the load process ended'));
        else if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer);
      };
      const ended = () => {
        settle(null);
      };
      this.#child.once('message', settle).once('exit', ended);
      this.#child.send(message);
    });
  }
}
