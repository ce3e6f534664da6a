import { readFileSync } from 'node:fs';

const FILE = new URL('../../../package-lock.json', import.meta.url);

/** The lines of a real text file, blank ones left out, each made unique by its number. At least 10,000. */
export function numberedLines(): string[] {
  const lines = readFileSync(FILE, 'utf8')
    .split('\n')
    .map((line, index) => `${index + 1}: ${line}`)
    .filter((line) => !/^\d+: \s*$/.test(line));
  if (lines.length < 10_000) throw new Error(`only ${lines.length} lines`);
  return lines;
}

export function batchesOf<T>(size: number, items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
