import type { Library } from './manifest.js';
import type { Outcome } from './outcome.js';
import type { Scenario } from './scenarios/index.js';

const INTRO = `# Compatibility

Client libraries that others wrote, from their own registries, with the nsqd and nsqlookupd of this repository. This page is written by
\`npm run interop -- --write-table\` from a run of everything: each cell is a scenario in which the library's program and the driver, which checks the contents on
the other side, talk to freshly started daemons. See [tools/interop](../tools/interop/README.md).
`;

/** What a run of everything says, as docs/compatibility.md. The same outcomes give the same page. */
export function compatibilityPage(outcomes: readonly Outcome[]): string {
  const libraries = distinct(
    outcomes.map(({ library }) => library),
    ({ name }) => name,
  ).sort((one, other) => one.name.localeCompare(other.name));
  const scenarios = distinct(
    outcomes.map(({ scenario }) => scenario),
    ({ name }) => name,
  );
  const notes = new Notes();
  const cells = scenarios.map((scenario) => [scenario.title, ...libraries.map((library) => cell(library, scenario, outcomes, notes))]);
  const parts = [
    INTRO,
    markdown(
      ['library', 'language', 'version'],
      libraries.map(({ name, url, language, pinned }) => [`[${name}](${url})`, language, pinned]),
    ),
    markdown(['feature', ...libraries.map(({ name }) => name)], cells),
    notes.text,
    `## What is checked\n\n${scenarios.map(({ title, checked }) => `- ${title}: ${checked}.`).join('\n')}\n`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

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

function cell(library: Library, scenario: Scenario, outcomes: readonly Outcome[], notes: Notes): string {
  const outcome = outcomes.find((one) => one.library.name === library.name && one.scenario.name === scenario.name);
  if (outcome === undefined) return '';
  const why = outcome.verdict === 'pass' ? library.notes[scenario.name] : outcome.verdict === 'fail' ? undefined : outcome.reason;
  return outcome.verdict + notes.mark(why === undefined ? undefined : `${library.name}: ${why}.`);
}

/** A table as Prettier leaves it. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  return line(head) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('');
}

const SHORT = { pass: 'pass', fail: 'FAIL', 'library fault': 'fault', 'not in the library': '-' } as const;

/** The outcomes as a table for the terminal. */
export function summary(outcomes: readonly Outcome[]): string {
  const libraries = distinct(
    outcomes.map(({ library }) => library.name),
    String,
  ).sort((one, other) => one.localeCompare(other));
  const scenarios = distinct(
    outcomes.map(({ scenario }) => scenario.name),
    String,
  );
  const find = (library: string, scenario: string) =>
    outcomes.find((one) => one.library.name === library && one.scenario.name === scenario);
  const rows = scenarios.map((scenario) => [scenario, ...libraries.map((library) => shortOf(find(library, scenario)))]);
  return [['', ...libraries], ...rows]
    .map((row) =>
      row
        .map((text) => text.padEnd(18))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

const shortOf = (outcome: Outcome | undefined): string => (outcome === undefined ? '' : SHORT[outcome.verdict]);

function distinct<T>(values: readonly T[], key: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [key(value), value])).values()];
}
