import { RE2JS } from 're2js';

/** Longest regular expression. Names are at most 64 characters long. */
const MAX_PATTERN_LENGTH = 1024;
/** Regular expressions that are kept for those who need the same ones. */
const MAX_KEPT = 1000;
/** Their instructions in all; one takes about a hundred bytes. */
const MAX_KEPT_INSTRUCTIONS = 200_000;
/** Of all expressions in one answer: what compiling and matching them takes is in proportion. */
const MAX_INSTRUCTIONS = 50_000;

/**
 * Compiles the regular expressions of auth servers, in the syntax of RE2, which is the reference's. The engine is RE2's too: time in
 * proportion to the text, whatever the expression, so that none can hang the daemon. Those used last are kept and shared.
 */
export class Patterns {
  readonly #kept = new Map<string, RE2JS>(); // the one used last is last
  #instructions = 0;

  get kept(): number {
    return this.#kept.size;
  }

  /** @throws {Error} for what is no expression, or too large a one */
  compile(source: string): RE2JS {
    const known = this.#kept.get(source);
    if (known !== undefined) {
      this.#kept.delete(source);
      this.#kept.set(source, known);
      return known;
    }
    if (source.length > MAX_PATTERN_LENGTH) throw new Error(`longer than ${MAX_PATTERN_LENGTH} characters`);
    const pattern = RE2JS.compile(source);
    if (pattern.programSize() > MAX_INSTRUCTIONS) throw new Error('expression too large');
    this.#kept.set(source, pattern);
    this.#instructions += pattern.programSize();
    for (const [oldest, unused] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT && this.#instructions <= MAX_KEPT_INSTRUCTIONS) break;
      this.#kept.delete(oldest);
      this.#instructions -= unused.programSize();
    }
    return pattern;
  }
}

/** Adds up what the expressions of one answer take. */
export class PatternBudget {
  #left = MAX_INSTRUCTIONS;

  /** @throws {Error} when they are too much together */
  spend(pattern: RE2JS): void {
    this.#left -= pattern.programSize();
    if (this.#left < 0) throw new Error('the expressions of the answer are too large together');
  }
}
