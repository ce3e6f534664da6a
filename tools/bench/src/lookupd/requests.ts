import { Agent, get } from 'node:http';
import { Samples } from '../load/samples.js';
import type { Spread } from '../load/job.js';

const REQUEST_TIMEOUT_MS = 10_000;

export interface Answers {
  readonly count: number;
  /** Of one body, on average. */
  readonly bytes: number;
  /** From the moment that a request was due to the end of its answer. */
  readonly latencyMs: Spread;
}

/** Asks at a steady rate, whether answers come or not: a daemon that stalls is charged for everybody who waits. */
export async function askSteadily(urlOf: (index: number) => string, perSecond: number, durationMs: number): Promise<Answers> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const samples = new Samples();
  const total = Math.floor((perSecond * durationMs) / 1000);
  const start = performance.now();
  const asked: Promise<number>[] = [];
  try {
    while (asked.length < total) {
      const due = start + (asked.length * 1000) / perSecond;
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      while (asked.length < total && start + (asked.length * 1000) / perSecond <= performance.now()) {
        const at = start + (asked.length * 1000) / perSecond;
        asked.push(
          ask(urlOf(asked.length), agent).then((bytes) => {
            samples.add(performance.now() - at);
            return bytes;
          }),
        );
      }
    }
    const sizes = await Promise.all(asked);
    return { count: total, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) / total, latencyMs: samples.spread() };
  } finally {
    agent.destroy();
  }
}

/** Asks once. Resolves with the bytes of the body. @throws unless the status is 200 */
export function ask(url: string, agent?: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, timeout: REQUEST_TIMEOUT_MS }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`${url}: status ${String(response.statusCode)}`));
      });
    });
    request.on('error', reject).on('timeout', () => request.destroy(new Error(`${url}: no answer within ${REQUEST_TIMEOUT_MS} ms`)));
  });
}
