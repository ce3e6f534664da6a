import fs from 'node:fs';
import path from 'node:path';
import type { QueueProblemCode } from '../src/queue-problem.js';
import { bodies, CASES, listed, pick, readNamed, type Listed } from './support.js';

interface Case {
  readonly name: string;
  readonly queue: string;
  readonly nsqd_flags: readonly string[];
  readonly reference: { readonly delivered?: readonly Listed[] };
}

interface Expected {
  /** What is reported: `!` for possible loss. */
  readonly problems: readonly `${QueueProblemCode}${'!' | ''}`[];
  /** The bodies that are handed out, where that is not exactly what the reference delivers, and why. */
  readonly instead?: readonly string[];
  readonly because?: string;
}

const msg = (...numbers: number[]): string[] => numbers.map((number) => `msg-0${number}`);
const noMetadata = { instead: msg(1, 2, 3, 4), because: 'the reference ignores the data and overwrites it' };

const EXPECTED: Record<string, Expected> = {
  '01-single-file': { problems: [] },
  '02-several-files': { problems: [] },
  '03-read-position-inside-second-file': { problems: [] },
  '04-fully-read': { problems: [] },
  '05-never-written': { problems: [] },
  '06-after-empty': { problems: [] },
  '07-record-larger-than-file-limit': { problems: [] },
  '08-exact-fit': { problems: [] },
  '09-limit-lowered': { problems: [] },
  '10-limit-raised': { problems: [] },
  '11-metadata-behind-by-a-file': {
    problems: ['beyond-metadata', 'beyond-metadata', 'depth'],
    instead: msg(1, 2, 3, 4, 5, 6),
    because: 'the reference overwrites record 6, in a file that the metadata does not know',
  },
  '12-metadata-behind-same-file': { problems: ['beyond-metadata', 'depth'] },
  '13-torn-record-beyond-metadata': { problems: ['beyond-metadata', 'torn-record'] },
  '14-file-shorter-than-metadata': { problems: ['file-short!', 'torn-record!', 'depth!'] },
  '15-first-file-truncated': { problems: ['torn-record!', 'depth!'] },
  '16-length-too-large': { problems: ['bad-length!', 'depth!'] },
  '17-length-negative': { problems: ['bad-length!', 'depth!'] },
  '18-length-below-minimum': { problems: ['bad-length!', 'depth!'] },
  '19-bad-length-in-current-write-file': { problems: ['bad-length!', 'depth!'] },
  '20-middle-file-missing': { problems: ['file-missing!', 'depth!'] },
  '21-only-data-file-missing': { problems: ['file-missing!', 'depth!'] },
  '22-metadata-missing': { problems: ['metadata-missing'], ...noMetadata },
  '23-metadata-empty': { problems: ['metadata-unreadable'], ...noMetadata },
  '24-metadata-garbage': { problems: ['metadata-unreadable'], ...noMetadata },
  '25-metadata-cut-short': { problems: ['metadata-unreadable'], ...noMetadata },
  '26-metadata-without-final-newline': { problems: [] },
  '27-metadata-crlf': { problems: [] },
  '28-metadata-depth-too-high': { problems: ['depth!'] },
  '29-metadata-depth-too-low': { problems: ['depth'] },
  '30-metadata-depth-negative': { problems: ['depth'] },
  '31-read-position-past-write-position': { problems: ['positions-crossed!', 'read-position-past-end!', 'depth!'] },
  '32-read-file-after-write-file': {
    problems: ['positions-crossed!', 'file-left-over!', 'depth!'],
    instead: [],
    because: 'the reference looks for the next file for ever',
  },
  '33-read-position-not-on-a-record': { problems: ['bad-length!', 'depth!'] },
  '34-leftover-bad-and-tmp-files': { problems: ['file-set-aside'] },
  '35-max-msg-size-lowered': {
    problems: ['oversized-record'],
    instead: ['first', 'b'.repeat(2000), 'third', 'fourth'],
    because: 'the reference gives up the file at the record that is larger than its limit; an import need not',
  },
};

const cases = JSON.parse(fs.readFileSync(path.join(CASES, 'cases.json'), 'utf8')) as Case[];

function maxMsgSize({ nsqd_flags }: Case): { maxMsgSize?: number } {
  const flag = nsqd_flags.find((text) => text.startsWith('--max-msg-size='));
  return flag === undefined ? {} : { maxMsgSize: Number(flag.split('=')[1]) };
}

it('covers every case', () => {
  expect(cases.map(({ name }) => name)).toEqual(Object.keys(EXPECTED));
});

describe.each(cases.map((one) => [one.name, one] as const))('case %s', (name, one) => {
  const folder = path.join(CASES, name);
  const { problems, instead, because } = EXPECTED[name] ?? { problems: [] };
  const delivered = (one.reference.delivered ?? []).map((message) => ({ ...pick(message), attempts: message.attempts - 1 }));

  it(because === undefined ? 'hands out what the reference delivers' : `hands out more: ${because}`, async () => {
    const { messages } = await readNamed(folder, one.queue, maxMsgSize(one));
    const result = messages.map(listed);
    if (instead === undefined) {
      expect(result).toEqual(delivered);
    } else {
      expect(bodies(messages)).toEqual(instead);
      expect(result).toEqual(expect.arrayContaining(delivered));
    }
  });

  it('reports what is damaged or skipped', async () => {
    const result = await readNamed(folder, one.queue, maxMsgSize(one));
    expect(result.problems.map(({ code, loss }) => `${code}${loss ? '!' : ''}`)).toEqual(problems);
    for (const { message, queue } of result.problems) expect(message.startsWith(`DISKQUEUE(${queue}) `)).toBe(true);
  });

  it('hands out the same in chunks of any size', async () => {
    const whole = await readNamed(folder, one.queue, maxMsgSize(one));
    for (const chunkBytes of [64, 72, 75, 100, 4096]) {
      const cut = await readNamed(folder, one.queue, { ...maxMsgSize(one), chunkBytes });
      expect(cut.messages.map(listed)).toEqual(whole.messages.map(listed));
      expect(cut.problems).toEqual(whole.problems);
    }
  });
});
