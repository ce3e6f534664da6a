import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Programs, WalkThrough, readmeExamples, shellLines } from '../src/index.js';

const APPS = ['nsqd', 'nsq-cli'].map((name) => fileURLToPath(new URL(`../../../apps/${name}`, import.meta.url)));
const TIMEOUT_MS = 120_000;

let cwd: string;
let programs: Programs;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'nsq-readme-'));
  programs = await Programs.of(APPS);
}, TIMEOUT_MS);

afterAll(async () => {
  await programs.remove();
  await rm(cwd, { recursive: true, force: true });
});

const walk = (markdown: string): Promise<string[]> => new WalkThrough(programs, cwd).run(readmeExamples(markdown));

it.each([
  ['nsq pub orders x --defer=5s', []],
  ['nsq pub orders x --later', ['nsq pub --later']],
  ['nsq topics --json', []],
  ['nsq topics make x', ['nsq topics make']],
  ['nsq publish x', ['nsq publish']],
  ['nsqd --data-path=d -node-id 3', []],
  ['nsqd --data-dir=d', ['nsqd --data-dir']],
])(
  'knows what is wrong in %j',
  async (line, unknown) => {
    const [command] = shellLines(line).flatMap(({ commands }) => commands);
    expect(await programs.unknownWords(command?.words ?? [])).toEqual(unknown);
  },
  TIMEOUT_MS,
);

it(
  'walks through a README: daemons stay, ports are other ones, outputs agree',
  async () => {
    const markdown = [
      '```sh\nmkdir -p data\nnsqd --data-path=data   # Ctrl-C stops it\n```',
      '```sh\ncurl -d hello http://127.0.0.1:4151/pub?topic=t\n```\n```text\nOK\n```',
      '```sh\nnsq tail t --nsqd http://127.0.0.1:4151   # Ctrl-C ends it\n```\n```text\nhello\n```',
    ];
    expect(await walk(markdown.join('\n'))).toEqual([]);
  },
  TIMEOUT_MS,
);

it(
  'tells what is not as it is written',
  async () => {
    const found = await walk('```sh\necho one\n```\n```text\ntwo\n```\n```sh\nfalse\n```\n```sh\nsleep 1000 # Ctrl-C ends it\n```\n');
    expect(found).toEqual([
      expect.stringMatching(/^line 4: should be\ntwo\n/),
      expect.stringMatching(/^false: ends with 1/),
      expect.stringMatching(/^sleep 1000: ends with/),
    ]);
  },
  TIMEOUT_MS,
);
