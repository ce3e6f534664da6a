import { auth, deflate, snappy, tls } from './connections.js';
import { consume, discovery, requeue, timeout, touch } from './consuming.js';
import { deferred, mpub, publish } from './publishing.js';
import { consumeOn, publishOn } from './restarts.js';
import type { Scenario } from './scenario.js';
import { volume } from './volume.js';

export type { Scenario } from './scenario.js';

/** What every library is asked to do, in the order of the table. */
export const scenarios: readonly Scenario[] = [
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
