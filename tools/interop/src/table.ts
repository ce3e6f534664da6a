import type { Library } from './manifest.js';
import type { Outcome } from './outcome.js';

const INTRO = `# Compatibility

Client libraries that others wrote, as their own registries have them, with the nsqd and the nsqlookupd of this repository. \`npm run interop -- --write-table\`
writes this page from a run of everything: for each cell a program that uses the library, and a driver that checks the contents on the other side, talk to
daemons that were started for them ([tools/interop](../tools/interop/README.md)). What has a library fault is tried in every run as well; its note says what is
wrong in the library.
`;

const READERS = `## What reads the HTTP APIs
`;

/** What a run of everything says, as docs/compatibility.md. The same outcomes give the same page. */
export function compatibilityPage(outcomes: readonly Outcome[]): string {
  const clients = outcomes.filter(({ library }) => library.reads === undefined);
  const readers = outcomes.filter(({ library }) => library.reads !== undefined);
  const libraries = librariesOf(clients);
  const scenarios = distinct(clients.map(({ scenario }) => scenario));
  const notes = new Notes();
  const parts = [
    INTRO,
    table(
      ['library', 'language', 'version'],
      libraries.map((library) => [linked(library), library.language, library.pinned]),
    ),
    table(
      ['feature', ...libraries.map(({ name }) => name)],
      scenarios.map((scenario) => [
        scenario.title,
        ...libraries.map((library) =>
          cell(
            clients.find((one) => one.library.name === library.name && one.scenario.name === scenario.name),
            notes,
          ),
        ),
      ]),
    ),
    READERS,
    table(
      ['reader', 'version', 'what it reads', 'result'],
      librariesOf(readers).map((library) => {
        const outcome = readers.find((one) => one.library.name === library.name);
        return [linked(library), library.pinned, outcome?.scenario.title ?? '', cell(outcome, notes)];
      }),
    ),
    notes.text === '' ? '' : `## Notes\n\n${notes.text}`,
    `## What is checked\n\n${distinct(outcomes.map(({ scenario }) => scenario))
      .map(({ title, checked }) => `- ${title}: ${checked}.\n`)
      .join('')}`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

const linked = ({ name, url }: Library): string => `[${name}](${url})`;

/** The footnotes of a page; the same text has one number. */
class Notes {
  readonly #texts: string[] = [];

  mark(text: string | undefined): string {
    if (text === undefined || text === '') return '';
    if (!this.#texts.includes(text)) this.#texts.push(text);
    return ` (${this.#texts.indexOf(text) + 1})`;
  }

  get text(): string {
    return this.#texts.map((text, index) => `${index + 1}. ${text}\n`).join('');
  }
}

function cell(outcome: Outcome | undefined, notes: Notes): string {
  if (outcome === undefined) return '';
  const { library, scenario, verdict, reason } = outcome;
  const why =
    verdict === 'pass' ? (library.unsteady?.[scenario.name] ?? library.notes[scenario.name]) : verdict === 'fail' ? undefined : reason;
  return verdict + notes.mark(why === undefined ? undefined : `${library.name}: ${why}.`);
}

/** A table as Prettier leaves it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  return line(head) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('');
}

const SHORT = { pass: 'pass', fail: 'FAIL', 'library fault': 'fault', 'not in the library': '-', none: '' } as const;

const WIDTH = 18;

/** The outcomes as a table for the terminal. */
export function summary(outcomes: readonly Outcome[]): string {
  const clients = outcomes.filter(({ library }) => library.reads === undefined);
  const libraries = librariesOf(clients).map(({ name }) => name);
  const of = (library: string, scenario: string) => clients.find((one) => one.library.name === library && one.scenario.name === scenario);
  const rows = distinct(clients.map(({ scenario }) => scenario)).map(({ name }) => [
    name,
    ...libraries.map((library) => SHORT[of(library, name)?.verdict ?? 'none']),
  ]);
  const readers = outcomes.filter(({ library }) => library.reads !== undefined);
  const lines = readers.map(({ library, scenario, verdict }) => [library.name, scenario.name, SHORT[verdict]]);
  return [...(rows.length > 0 ? [['', ...libraries], ...rows] : []), ...lines].map(aligned).join('\n');
}

const aligned = (cells: readonly string[]): string =>
  cells
    .map((text) => text.padEnd(WIDTH))
    .join('')
    .trimEnd();

function librariesOf(outcomes: readonly Outcome[]): Library[] {
  return distinct(outcomes.map(({ library }) => library)).sort((one, other) => one.name.localeCompare(other.name));
}

function distinct<T extends { readonly name: string }>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [value.name, value])).values()];
}
