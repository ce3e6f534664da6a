import type { Library } from './manifest.js';
import type { Scenario } from './scenarios/index.js';

/** How a scenario went with a library. */
export type Verdict =
  /** It works. */
  | 'pass'
  /** It does not. */
  | 'fail'
  /** It does not, for a reason in the library that its manifest tells. */
  | 'library fault'
  /** The manifest says that the library has no such feature. */
  | 'not in the library';

export interface Outcome {
  readonly library: Library;
  readonly scenario: Scenario;
  readonly verdict: Verdict;
  readonly seconds: number;
  /** Why it failed, or what the manifest says. */
  readonly reason: string;
}

/** Judges what a scenario came to: `error` is null when it went well. */
export function judge(library: Library, scenario: Scenario, seconds: number, error: Error | null): Outcome {
  const fault = library.faults[scenario.name];
  const common = { library, scenario, seconds };
  if (fault === undefined) return { ...common, verdict: error === null ? 'pass' : 'fail', reason: error?.message ?? '' };
  if (error !== null) return { ...common, verdict: 'library fault', reason: fault };
  return { ...common, verdict: 'fail', reason: `works, though the manifest has a fault: ${fault}` };
}
