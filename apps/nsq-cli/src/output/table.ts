import { stripVTControlCharacters } from 'node:util';

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string | number;
  /** Numbers stand on the right. @default as the values are */
  readonly right?: boolean;
}

const GAP = '  ';

/** Rows below their titles, in columns. */
export function tableLines<T>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  const cells = rows.map((row) => columns.map(({ value }) => text(value(row))));
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...cells.map((line) => (line[index] ?? '').length)));
  const right = columns.map(({ value, right: asked }) => asked ?? rows.some((row) => typeof value(row) === 'number'));
  const line = (values: readonly string[]): string =>
    values
      .map((cell, index) => (right[index] === true ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join(GAP)
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...cells.map(line)];
}

/** For other programs: no titles, a tab between two columns. */
export function tabLines<T>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  return rows.map((row) => columns.map(({ value }) => text(value(row))).join('\t'));
}

/** The one on a terminal, the other elsewhere; with the line ends. */
export function formatRows<T>(columns: readonly Column<T>[], rows: readonly T[], terminal: boolean): string {
  if (rows.length === 0) return '';
  const lines = terminal ? tableLines(columns, rows) : tabLines(columns, rows);
  return `${lines.join('\n')}\n`;
}

/** What comes from elsewhere must not move the cursor. */
const text = (value: string | number): string =>
  typeof value === 'number' ? String(value) : stripVTControlCharacters(value).replace(/\p{Cc}/gu, '?');
