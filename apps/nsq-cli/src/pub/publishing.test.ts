import { NsqConnectionError, NsqServerError, NsqTimeoutError, type Producer } from '@nsq/client';
import { Publishing } from './publishing.js';

type Publish = Producer['publish'];

const options = { defer: 0, timeout: 10_000 };
const bodies = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

/** Accepts what `judge` does not throw for; tells what was accepted. */
function fake(judge: (texts: readonly string[]) => void): { publish: Publish; accepted: string[] } {
  const accepted: string[] = [];
  const publish: Publish = async (_, body) => {
    const texts = (Array.isArray(body) ? body : [body]).map(String);
    await Promise.resolve();
    judge(texts);
    accepted.push(...texts);
  };
  return { publish, accepted };
}

it('sends again what a lost connection left unanswered, and what nsqd cannot store for now', async () => {
  const failures = [
    new NsqConnectionError('ERR_NSQ_CONNECTION_LOST', 'lost', 'here'),
    new NsqServerError('E_MPUB_FAILED disk full'),
    new NsqConnectionError('ERR_NSQ_CONNECTION_LOST', 'lost', 'here'),
  ];
  const producer = fake(() => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  });
  const publishing = new Publishing(producer, 't', options);
  await publishing.add(bodies('a', 'b'));
  await publishing.finished();
  expect(producer.accepted).toEqual(['a', 'b']);
  expect(publishing).toMatchObject({ published: 2, refused: 0, unanswered: 0, reason: null });
});

it('publishes a refused batch one by one, so that only the bad message is left out', async () => {
  const producer = fake((texts) => {
    if (texts.includes('bad')) throw new NsqServerError('E_BAD_MESSAGE too big');
  });
  const publishing = new Publishing(producer, 't', options);
  await publishing.add(bodies('a', 'bad', 'b'));
  await publishing.finished();
  expect(producer.accepted.sort()).toEqual(['a', 'b']);
  expect(publishing).toMatchObject({ published: 2, refused: 1 });
  expect(publishing.broken.aborted).toBe(false);
});

it.each([
  [new NsqTimeoutError('late'), { refused: 0, unanswered: 2 }],
  [new NsqServerError('E_UNAUTHORIZED no'), { refused: 2, unanswered: 0 }],
])('gives up after %s: further messages would fare no better', async (error, counts) => {
  const publishing = new Publishing(
    fake(() => {
      throw error;
    }),
    't',
    options,
  );
  await publishing.add(bodies('a', 'b'));
  await publishing.finished();
  expect(publishing).toMatchObject({ published: 0, reason: error, ...counts });
  expect(publishing.broken.aborted).toBe(true);
});

it('has no more than some batches on their way', async () => {
  const release: (() => void)[] = [];
  const publishing = new Publishing({ publish: () => new Promise((resolve) => release.push(resolve)) }, 't', options);
  let added = 0;
  const adding = (async () => {
    for (; added < 100; added++) await publishing.add(bodies('x'));
  })();
  await new Promise(setImmediate);
  expect([added, release.length]).toEqual([31, 32]);
  while (added < 100) {
    release.shift()?.();
    await new Promise(setImmediate);
  }
  for (const done of release) done();
  await adding;
  await publishing.finished();
  expect(publishing.published).toBe(100);
});
