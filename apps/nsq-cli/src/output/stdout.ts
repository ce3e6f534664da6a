const closed = new AbortController();

/** Aborted when nobody reads standard output any more: `nsq tail orders | head -1`. That is a clean end. */
export const outputClosed: AbortSignal = closed.signal;

/** Has a reader that goes away end the program cleanly, not with an error. To be called once, first. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`nsq: cannot write to standard output: ${error.message}\n`);
    if (error.code !== 'EPIPE') process.exitCode = 1;
    closed.abort();
  });
}

/** Resolves when standard output has taken it. False when nobody reads it any more. */
export function print(text: string | Uint8Array): Promise<boolean> {
  if (closed.signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    process.stdout.write(text, (error) => resolve(error === null || error === undefined));
  });
}

/** As one line. */
export const printJson = (value: unknown): Promise<boolean> => print(`${JSON.stringify(value)}\n`);

/** A line for the user beside the output. */
export function note(text: string): void {
  process.stderr.write(`nsq: ${text}\n`);
}
