import type { Library } from './load/job.js';
import { CHANNEL, RDY, type Measurement, type Run } from './run.js';

/** About two seconds of work for each. */
const MESSAGES: Readonly<Record<Library, number>> = { '@nsq/client': 2_000_000, nsqjs: 100_000 };
const UNANSWERED = 2_000;

/** Single publishes through a library. */
export async function libraryPublish(run: Run, library: Library): Promise<Measurement> {
  const { bodyBytes, messages = MESSAGES[library] } = optionsOf(run);
  const where = await run.topic('library-pub', [CHANNEL]);
  return run.measure({ kind: 'library-publish', ...where, library, messages, bodyBytes, unanswered: UNANSWERED });
}

/** Messages that are there already, received and finished through a library. */
export async function libraryConsume(run: Run, library: Library): Promise<Measurement> {
  const { messages = MESSAGES[library] } = optionsOf(run);
  const where = await run.topic('library-sub', [CHANNEL]);
  await run.load(run.publishJob(where, messages));
  const measurement = await run.measure({ kind: 'library-consume', ...where, library, channel: CHANNEL, messages, rdy: RDY });
  await run.settled(where.topic);
  return measurement;
}

function optionsOf({ options }: Run): { readonly bodyBytes: number; readonly messages?: number } {
  const { bodyBytes, messages } = options;
  return { bodyBytes, ...(messages !== null && { messages }) };
}
