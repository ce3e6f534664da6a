import type { Library } from './manifest.js';
import { judge, type Outcome } from './outcome.js';
import type { Scenario } from './scenarios/index.js';
import { compatibilityPage, summary } from './table.js';

const library = (name: string, more: Partial<Library> = {}): Library => ({
  name,
  language: 'Go',
  url: `https://example.org/${name}`,
  toolchain: 'go',
  version: '1',
  pinned: '1.2.3',
  folder: '/',
  build: [],
  run: [],
  missing: {},
  faults: {},
  notes: {},
  ...more,
});
const scenario = (name: string): Scenario => ({ name, title: `the ${name}`, checked: `that ${name} works`, run: () => Promise.resolve() });

const publish = scenario('publish');
const tls = scenario('tls');
const stats = scenario('stats');
const one = library('one', { notes: { publish: 'in one go' } });
const two = library('two', { faults: { tls: 'forgets the key' } });
const reader = library('reader', { reads: 'stats' });

const outcomes: readonly Outcome[] = [
  judge(two, publish, 1.5, new Error('the socket broke')),
  judge(one, publish, 1, null),
  judge(two, tls, 2, new Error('no key')),
  { library: one, scenario: tls, verdict: 'not in the library', seconds: 0, reason: 'it has no TLS' },
  judge(reader, stats, 1, null),
];

it('judges a known fault as one of the library, and one that is gone as a failure', () => {
  expect(judge(two, tls, 1, new Error('no key'))).toMatchObject({ verdict: 'library fault', reason: 'forgets the key' });
  expect(judge(two, tls, 1, null)).toMatchObject({ verdict: 'fail', reason: 'works, though the manifest has a fault: forgets the key' });
  expect(judge(two, publish, 1, new Error('broke'))).toMatchObject({ verdict: 'fail', reason: 'broke' });
});

it('shows libraries side by side with numbered notes, readers below, and nothing that differs from run to run', () => {
  const page = compatibilityPage(outcomes);
  expect(page).toContain('| [one](https://example.org/one) | Go       | 1.2.3   |');
  expect(page).toContain('| the publish | pass (1)               | fail              |');
  expect(page).toContain('| the tls     | not in the library (2) | library fault (3) |');
  expect(page).toContain('| [reader](https://example.org/reader) | 1.2.3   | the stats     | pass   |');
  expect(page).toContain('1. one: in one go.\n2. one: it has no TLS.\n3. two: forgets the key.\n');
  expect(page).toContain('- the tls: that tls works.\n');
  expect(page).not.toContain('the socket broke');
  expect(compatibilityPage(outcomes.map((outcome) => ({ ...outcome, seconds: 99 })))).toBe(page);
});

it('sums a run up in a table for the terminal', () => {
  expect(summary(outcomes).split('\n')).toEqual([
    '                  one               two',
    'publish           pass              FAIL',
    'tls               -                 fault',
    'reader            stats             pass',
  ]);
});
