import type { Stage } from '../stage.js';

/** A feature, and how to find out whether a library has it. */
export interface Scenario {
  /** On the command line and in manifests. */
  readonly name: string;
  /** In the table. */
  readonly title: string;
  /** How it is checked, for the table's legend. */
  readonly checked: string;
  /** @throws {Error} when it does not work */
  run(stage: Stage): Promise<void>;
}

export const TOPIC = 'interop';
export const CHANNEL = 'library';
export const CHECK = 'check';
