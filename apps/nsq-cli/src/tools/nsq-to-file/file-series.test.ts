import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FileNaming } from './file-naming.js';
import { FileSeries, type SeriesOptions } from './file-series.js';
import { OutputFile } from './output-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nsq-series-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Given extends Partial<SeriesOptions> {
  readonly revisions?: boolean;
  readonly format?: string;
}

function series({ revisions = false, format = '<TOPIC><REV>.log', ...options }: Given = {}): FileSeries {
  const gzip = (options.gzipLevel ?? null) !== null;
  const naming = new FileNaming(
    { filenameFormat: format, datetimeFormat: '', hostIdentifier: '', gzip, revisions },
    { topic: 't', hostname: 'h', pid: 1 },
  );
  const files = { workDir: folder, outputDir: folder, gzipLevel: null, rotation: { size: 0, interval: 0 }, ...options };
  return new FileSeries(naming, files, () => undefined);
}

async function write(to: FileSeries, ...records: string[]): Promise<void> {
  for (const record of records) {
    if (to.needsRotation) await to.rotate();
    await to.append(Buffer.from(record));
  }
}

async function contents(at = folder): Promise<Record<string, string>> {
  const names = (await readdir(at, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const read = names.map(async ({ parentPath, name }) => {
    const file = path.join(parentPath, name);
    const bytes = await readFile(file);
    return [path.relative(at, file), (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()] as const;
  });
  return Object.fromEntries((await Promise.all(read)).sort());
}

it('continues a file that is there', async () => {
  for (const record of ['a', 'b']) {
    const files = series();
    await write(files, record);
    await files.close();
  }
  expect(await contents()).toEqual({ 't.log': 'a\nb\n' });
});

it('ends a line that was left unfinished before it continues', async () => {
  await writeFile(path.join(folder, 't.log'), 'whole\nhal');
  const files = series();
  await write(files, 'a');
  await files.close();
  expect(await contents()).toEqual({ 't.log': 'whole\nhal\na\n' });
});

it('rotates by size: the record that passes it is still in the file', async () => {
  const files = series({ revisions: true, rotation: { size: 10, interval: 0 } });
  await write(files, '1____', '2____', '3____', '4____', '5____');
  await files.close();
  expect(await contents()).toEqual({ 't-000000.log': '1____\n2____\n', 't-000001.log': '3____\n4____\n', 't-000002.log': '5____\n' });
});

it('goes on behind files that are there and too large', async () => {
  await writeFile(path.join(folder, 't-000000.log'), 'x'.repeat(11));
  const files = series({ revisions: true, rotation: { size: 10, interval: 0 } });
  await write(files, 'a');
  await files.close();
  expect(Object.keys(await contents())).toEqual(['t-000000.log', 't-000001.log']);
});

it('writes a gzip member for each sync, in a file of its own', async () => {
  await writeFile(path.join(folder, 't-000000.log.gz'), '');
  const files = series({ revisions: true, gzipLevel: 6 });
  await write(files, 'a', 'b');
  await files.sync();
  const file = path.join(folder, 't-000001.log.gz');
  expect(gunzipSync(await readFile(file)).toString()).toBe('a\nb\n');
  await write(files, 'c');
  await files.sync();
  expect(gunzipSync(await readFile(file)).toString()).toBe('a\nb\nc\n');
  await files.close();
  expect((await readFile(file)).filter((byte, i, all) => byte === 0x1f && all[i + 1] === 0x8b)).toHaveLength(2);
});

describe('with a folder for the work', () => {
  const folders = async (): Promise<{ workDir: string; outputDir: string }> => {
    const made = { workDir: path.join(folder, 'work'), outputDir: path.join(folder, 'out') };
    await mkdir(made.outputDir);
    return made;
  };

  it('moves what is closed, and opens the next after each close', async () => {
    const files = series({ ...(await folders()), revisions: true, format: 'sub/<TOPIC><REV>.log' });
    await write(files, 'a');
    expect(await contents()).toEqual({ 'work/sub/t-000000.log': '' });
    await files.close();
    await files.close();
    await write(files, 'b');
    await files.close();
    expect(await contents()).toEqual({ 'out/sub/t-000000.log': 'a\n', 'out/sub/t-000001.log': 'b\n' });
  });

  it('never overwrites: neither what is there before nor what comes meanwhile', async () => {
    const given = await folders();
    await writeFile(path.join(given.outputDir, 't-000000.log'), 'old');
    const files = series({ ...given, revisions: true });
    await write(files, 'a');
    await writeFile(path.join(given.outputDir, 't-000001.log'), 'new');
    await files.close();
    expect(await contents()).toEqual({ 'out/t-000000.log': 'old', 'out/t-000001.log': 'new', 'out/t-000002.log': 'a\n' });
  });
});

it('leaves nothing of unsynced records in a file of its own when it has failed', async () => {
  const file = await OutputFile.open(path.join(folder, 'f'), { gzipLevel: null, exclusive: true });
  await file.append(Buffer.from('kept'));
  await file.sync();
  await file.append(Buffer.from('comes again'));
  await file.flush();
  await file.abandon();
  expect(await contents()).toEqual({ f: 'kept\n' });
});

it('says what it could not do, and where', async () => {
  await writeFile(path.join(folder, 'file'), '');
  await expect(series({ format: 'file/x' }).rotate()).rejects.toThrow(/^unable to make the folder of .*\/file\/x: .*EEXIST/);
});
