import type { Measurement } from './run.js';

/** What came of all runs of one scenario. */
export interface Outcome {
  readonly scenario: string;
  /** The scenario that it is laid beside. */
  readonly base?: string;
  readonly runs: readonly Measurement[];
  /** Each figure's median over the runs; null when no run succeeded. */
  readonly median: Measurement | null;
  readonly errors: readonly string[];
}

/** The middle of each figure on its own; of an even number of runs, the mean of the two in the middle. */
export function medianOf(runs: readonly Measurement[]): Measurement | null {
  const [first] = runs;
  if (first === undefined) return null;
  const keys = Object.keys(first) as (keyof Measurement)[];
  const middle = (values: number[]): number => {
    const sorted = values.sort((a, b) => a - b);
    return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN) + (sorted[Math.floor(sorted.length / 2)] ?? NaN)) / 2;
  };
  return Object.fromEntries(keys.map((key) => [key, middle(runs.map((run) => run[key] ?? NaN))])) as unknown as Measurement;
}

const COLUMNS: readonly (readonly [title: string, key: keyof Measurement, digits: number])[] = [
  ['messages', 'messages', 0],
  ['msgs/s', 'perSecond', 0],
  ['daemon µs/msg', 'daemonMicros', 2],
  ['daemon CPU %', 'daemonCpu', 0],
  ['load CPU %', 'loadCpu', 0],
  ['peak MiB', 'peakMiB', 0],
  ['p50 ms', 'p50', 3],
  ['p99 ms', 'p99', 3],
  ['max ms', 'max', 1],
  ['pause ms', 'pause', 1],
  ['reply ms', 'reply', 1],
  ['reply max', 'replyMax', 1],
];

/** One line for each scenario, columns aligned, then the errors. Columns that nobody has a figure for are left out. */
export function table(outcomes: readonly Outcome[]): string {
  const columns = COLUMNS.filter(([, key]) => outcomes.some(({ median }) => isFigure(median?.[key])));
  const related = outcomes.some((outcome) => baseOf(outcome, outcomes) !== null);
  const rows = [['scenario', ...columns.map(([title]) => title), ...(related ? ['of base: msgs/s', 'µs/msg'] : [])]];
  for (const outcome of outcomes) {
    const { scenario, median } = outcome;
    const base = baseOf(outcome, outcomes);
    const ratio = (key: 'perSecond' | 'daemonMicros'): string => figure((median?.[key] ?? NaN) / (base?.[key] ?? NaN), 2);
    rows.push([
      scenario,
      ...columns.map(([, key, digits]) => figure(median?.[key], digits)),
      ...(related ? [ratio('perSecond'), ratio('daemonMicros')] : []),
    ]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  );
  const errors = outcomes.flatMap(({ scenario, errors: texts }) => texts.map((text) => `${scenario}: ${text}`));
  return [...lines, ...errors].join('\n');
}

/** The median that an outcome is laid beside, when that was measured too. */
function baseOf({ base }: Outcome, outcomes: readonly Outcome[]): Measurement | null {
  return outcomes.find(({ scenario }) => scenario === base)?.median ?? null;
}

function isFigure(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}

function figure(value: number | undefined, digits: number): string {
  if (!isFigure(value)) return '-';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
