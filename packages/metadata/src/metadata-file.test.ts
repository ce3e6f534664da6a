import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadMetadata, metadataFile, persistMetadata } from './metadata-file.js';

const FIXTURES = path.join(__dirname, '..', 'test', 'fixtures');
const anyName = (): boolean => true;
const topic = (name: string) => ({ name, paused: false, channels: [] });

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nsq-metadata-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const read = (): string => fs.readFileSync(metadataFile(folder), 'utf8');

describe('loadMetadata', () => {
  it('takes a missing file as an empty state and does not create it', async () => {
    await expect(loadMetadata(folder, anyName)).resolves.toEqual({ topics: [], warnings: [] });
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it.each(['', '{"topics":[{"name":"or'])('refuses the corrupt file %j, names it and leaves it alone', async (text) => {
    fs.writeFileSync(metadataFile(folder), text);
    await expect(loadMetadata(folder, anyName)).rejects.toMatchObject({
      name: 'MetadataError',
      code: 'E_PARSE',
      file: metadataFile(folder),
      message: expect.stringContaining(`failed to parse metadata in ${metadataFile(folder)} - `) as string,
    });
    expect(read()).toBe(text);
    expect(fs.readdirSync(folder)).toEqual(['nsqd.dat']);
  });

  it('says when the file cannot be read', async () => {
    fs.mkdirSync(metadataFile(folder));
    await expect(loadMetadata(folder, anyName)).rejects.toMatchObject({
      code: 'E_READ',
      message: expect.stringContaining(`failed to read metadata from ${metadataFile(folder)} - EISDIR`) as string,
    });
  });

  it('reads a file written by hand with a final newline', async () => {
    fs.writeFileSync(metadataFile(folder), '{"topics":[{"name":"t"}]}\n');
    expect((await loadMetadata(folder, anyName)).topics).toEqual([topic('t')]);
  });
});

describe('persistMetadata', () => {
  it.each(fs.readdirSync(FIXTURES))('gives back the reference file of %s byte for byte', async (name) => {
    const state = await loadMetadata(path.join(FIXTURES, name), anyName);
    expect(state.topics.length).toBeGreaterThan(1);
    await persistMetadata(folder, state, '1.3.0');
    expect(fs.readFileSync(metadataFile(folder))).toEqual(fs.readFileSync(path.join(FIXTURES, name, 'nsqd.dat')));
  });

  it('makes a file only its owner can read, and leaves no other', async () => {
    await persistMetadata(folder, { topics: [] }, '1.3.0');
    expect(read()).toBe('{"topics":null,"version":"1.3.0"}');
    expect(fs.statSync(metadataFile(folder)).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(folder)).toEqual(['nsqd.dat']);
  });

  it('replaces the file instead of writing into it', async () => {
    await persistMetadata(folder, { topics: [topic('a')] }, '1.3.0');
    const before = fs.openSync(metadataFile(folder), 'r');
    await persistMetadata(folder, { topics: [topic('b')] }, '1.3.0');
    expect(fs.readFileSync(before, 'utf8')).toContain('"a"');
    expect(read()).toContain('"b"');
    fs.closeSync(before);
  });

  it('keeps the old content and removes the temporary file when the replacement fails', async () => {
    fs.mkdirSync(path.join(metadataFile(folder), 'in-the-way'), { recursive: true });
    await expect(persistMetadata(folder, { topics: [] }, '1.3.0')).rejects.toMatchObject({
      code: 'E_WRITE',
      message: expect.stringContaining(`failed to write metadata to ${metadataFile(folder)} - `) as string,
    });
    expect(fs.readdirSync(folder)).toEqual(['nsqd.dat']);
    expect(fs.readdirSync(metadataFile(folder))).toEqual(['in-the-way']);
  });

  it('fails when the folder does not exist', async () => {
    await expect(persistMetadata(path.join(folder, 'nowhere'), { topics: [] }, '1.3.0')).rejects.toMatchObject({ code: 'E_WRITE' });
  });

  it('ends with the state of the last of many calls at once, and no temporary file', async () => {
    const renamed = new Set<number>();
    const watcher = fs.watch(folder, (_event, file) => {
      if (file === 'nsqd.dat') renamed.add(fs.statSync(metadataFile(folder)).ino);
    });
    const writes = Array.from({ length: 500 }, (_, i) => persistMetadata(folder, { topics: [topic(`t${i}`)] }, '1.3.0'));
    await Promise.all(writes);
    watcher.close();
    expect(read()).toContain('"t499"');
    expect(fs.readdirSync(folder)).toEqual(['nsqd.dat']);
    expect(renamed.size).toBeLessThan(5);
  });

  it('takes the state at the call', async () => {
    const topics = [topic('a')];
    const first = persistMetadata(folder, { topics }, '1.3.0');
    const second = persistMetadata(folder, { topics }, '1.3.0');
    topics.push(topic('b'));
    await Promise.all([first, second]);
    expect(read()).not.toContain('"b"');
  });

  it('writes again after a failed write that others waited for', async () => {
    const blocked = path.join(folder, 'later');
    const first = persistMetadata(blocked, { topics: [] }, '1.3.0');
    const second = persistMetadata(blocked, { topics: [topic('a')] }, '1.3.0');
    fs.mkdirSync(blocked);
    await Promise.allSettled([first, second]);
    await persistMetadata(blocked, { topics: [topic('b')] }, '1.3.0');
    expect(fs.readFileSync(metadataFile(blocked), 'utf8')).toContain('"b"');
    expect(fs.readdirSync(blocked)).toEqual(['nsqd.dat']);
  });
});
