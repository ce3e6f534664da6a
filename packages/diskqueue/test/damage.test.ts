import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { inspectQueue } from '../src/inspect-queue.js';
import { findQueues } from '../src/queue-files.js';
import { CASES, NSQD_DATA, read, temporaryFolder } from './support.js';

interface FileState {
  readonly name: string;
  readonly content: Buffer;
}

const sources = ['02-several-files', '03-read-position-inside-second-file', '13-torn-record-beyond-metadata', '35-max-msg-size-lowered']
  .map((name) => path.join(CASES, name))
  .concat(path.join(NSQD_DATA, 'clean-stop'), path.join(NSQD_DATA, 'kill-9'))
  .map((folder) => fs.readdirSync(folder).map((name): FileState => ({ name, content: fs.readFileSync(path.join(folder, name)) })));

/** One way to hurt a file. `at` and `value` are taken modulo what is possible. */
const mutation = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'insert', 'length', 'zeros', 'remove', 'renumber', 'digits'),
  file: fc.nat(),
  at: fc.nat(),
  value: fc.integer(),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(files: FileState[], { kind, file, at, value }: Mutation): void {
  const i = file % files.length;
  const hurt = files[i];
  if (hurt === undefined) return;
  const { name, content } = hurt;
  const offset = at % (content.length + 1);
  const replace = (changed: Buffer, newName = name): unknown => files.splice(i, 1, { name: newName, content: changed });
  const patched = Buffer.from(content);
  if (kind === 'flip' && offset < content.length) {
    patched[offset] = value & 255;
    replace(patched);
  } else if (kind === 'cut') {
    replace(content.subarray(0, offset));
  } else if (kind === 'insert') {
    replace(Buffer.concat([content.subarray(0, offset), Buffer.from(String(value)), content.subarray(offset)]));
  } else if (kind === 'length' && offset + 4 <= content.length) {
    patched.writeInt32BE(value, offset);
    replace(patched);
  } else if (kind === 'zeros') {
    replace(Buffer.concat([content, Buffer.alloc(at % 100)]));
  } else if (kind === 'remove' && files.length > 1) {
    files.splice(i, 1);
  } else if (kind === 'renumber') {
    replace(content, name.replace(/\d{6}/, String(Math.abs(value)).padStart(6, '0')));
  } else if (kind === 'digits' && name.includes('.meta.')) {
    replace(
      Buffer.from(
        content.toString('latin1').replace(/\d/g, (digit) => String((Number(digit) + (value & 7)) % 10)),
        'latin1',
      ),
    );
  }
}

it('reads damaged files to an end, with an account of every byte and without trusting a length', async () => {
  const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow');
  await fc.assert(
    fc.asyncProperty(fc.nat(sources.length - 1), fc.array(mutation, { minLength: 1, maxLength: 5 }), async (source, mutations) => {
      const files = [...(sources[source] ?? [])];
      for (const one of mutations) mutate(files, one);
      const folder = temporaryFolder();
      try {
        for (const { name, content } of files) fs.writeFileSync(path.join(folder, name), content);
        allocate.mockClear();
        const largest = Math.max(...files.map(({ content }) => content.length));
        for (const queue of (await findQueues(folder)).queues) {
          const { messages, problems } = await read(queue, { ignoreMetadata: true, chunkBytes: 128 });
          const stored = queue.dataFiles.reduce((sum, { name }) => sum + fs.statSync(path.join(folder, name)).size, 0);
          const handedOut = messages.reduce((sum, { payload }) => sum + 4 + payload.length, 0);
          const givenUp = problems
            .filter(({ code }) => code === 'torn-record' || code === 'bad-length')
            .reduce((sum, { bytes = 0 }) => sum + bytes, 0);
          expect(handedOut + givenUp).toBe(stored);

          const report = await inspectQueue(queue, { maxMsgSize: 1000 });
          const known = await read(queue, { maxMsgSize: 1000, chunkBytes: 64 });
          expect(report.messages).toBe(known.messages.length);
          expect(report.problems).toEqual(known.problems);
          const isAsStated = report.metadata.state === 'ok' && report.statedDepth === report.messages;
          if (!isAsStated && queue.dataFiles.length > 0) expect(report.problems).not.toEqual([]);
        }
        for (const [size] of allocate.mock.calls) expect(size).toBeLessThanOrEqual(largest);
      } finally {
        fs.rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 400 },
  );
  allocate.mockRestore();
}, 60_000);
