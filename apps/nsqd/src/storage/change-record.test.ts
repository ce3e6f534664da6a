import { ChangeRecord } from './change-record.js';

const full = new Error('no space left on device');
let record: ChangeRecord;
beforeEach(() => (record = new ChangeRecord()));

/** How a promise stands once everything that is due has run. */
async function stateOf(promise: Promise<void> | null): Promise<string> {
  if (promise === null) return 'written';
  const later = new Promise<string>((resolve) => setImmediate(() => resolve('waits')));
  return Promise.race([promise.then(() => 'done').catch((error: unknown) => (error as Error).message), later]);
}

it('waits for nothing before the first change', () => {
  expect(record.until()).toBeNull();
  expect(record.until({})).toBeNull();
});

it('is done with a write that began behind the change', async () => {
  const topic = {};
  record.changed(topic);
  const until = record.until(topic);
  record.wrote(record.begin());
  expect(await stateOf(until)).toBe('done');
  expect(record.until(topic)).toBeNull();
});

it('goes on waiting after a write that began before the change', async () => {
  const channel = {};
  record.changed();
  const early = record.begin();
  record.changed(channel);
  const until = record.until(channel);
  record.wrote(early);
  expect(await stateOf(until)).toBe('waits');
  record.wrote(record.begin());
  expect(await stateOf(until)).toBe('done');
});

it('tells those who wait why a write failed, and lets others wait for the next', async () => {
  const channel = {};
  record.changed(channel);
  const refused = record.until(channel);
  record.failed(full);
  expect(await stateOf(refused)).toBe(full.message);
  const until = record.until(channel);
  expect(await stateOf(until)).toBe('waits');
  record.wrote(record.begin());
  expect(await stateOf(until)).toBe('done');
});

it('holds nobody up for what was written before, whatever else waits', () => {
  const [old, recent] = [{}, {}];
  record.changed(old);
  record.wrote(record.begin());
  record.changed(recent);
  expect(record.until(old)).toBeNull();
  expect(record.until()).not.toBeNull();
});

it('keeps what a slower write has shown when an earlier one ends after it', () => {
  record.changed();
  const slow = record.begin();
  record.changed();
  record.wrote(record.begin());
  record.wrote(slow);
  expect(record.until()).toBeNull();
});
