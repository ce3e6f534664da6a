import type { Library } from '../manifest.js';
import { auth, deflate, snappy, tls } from './connections.js';
import { consume, discovery, requeue, timeout, touch } from './consuming.js';
import { deferred, mpub, publish } from './publishing.js';
import { readerScenarios } from './reading.js';
import { consumeOn, publishOn } from './restarts.js';
import type { Scenario } from './scenario.js';
import { volume } from './volume.js';

export type { Scenario } from './scenario.js';

/** What every client library is asked to do, in the order of the table. */
export const clientScenarios: readonly Scenario[] = [
  publish,
  mpub,
  deferred,
  consume,
  requeue,
  touch,
  timeout,
  discovery,
  tls,
  deflate,
  snappy,
  auth,
  publishOn,
  consumeOn,
  volume,
];

/** All of them: those for what reads the HTTP APIs too. */
export const scenarios: readonly Scenario[] = [...clientScenarios, ...readerScenarios];

/** Those that are for a library, or for a program that reads the HTTP APIs. */
export function scenariosFor({ reads }: Pick<Library, 'reads'>): readonly Scenario[] {
  return reads === undefined ? clientScenarios : readerScenarios.filter(({ name }) => name === reads);
}
