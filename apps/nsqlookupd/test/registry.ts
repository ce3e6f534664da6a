import type { Clock } from '../src/registry/clock.js';
import { RegistrationDb, type DbEvents, type DbLimits } from '../src/registry/registration-db.js';
import type { PeerInfo } from '../src/registry/peer.js';

export const LIMITS: DbLimits = { inactiveProducerTimeout: 300_000, tombstoneLifetime: 45_000 };
/** Where the wall clock of a test starts: nanoseconds. */
export const START = 1_795_355_008_454_146_069n;
export const SILENT: DbEvents = { registered: () => undefined, unregistered: () => undefined };

/** A registry whose clock stands still until it is moved. */
export class TestRegistry {
  /** Milliseconds since the start. */
  now = 0;
  readonly clock: Clock = () => ({ monotonic: this.now, wall: START + BigInt(this.now) * 1_000_000n });
  readonly db: RegistrationDb;

  constructor(limits: DbLimits = LIMITS, events: DbEvents = SILENT) {
    this.db = new RegistrationDb(this.clock, limits, events);
  }
}

/** The n-th of peers with addresses of their own. */
export function info(n: number, differs: Partial<PeerInfo> = {}): PeerInfo {
  return {
    remoteAddress: `127.0.0.1:${50_000 + n}`,
    hostname: `h${n}`,
    broadcastAddress: `b${n}.example`,
    tcpPort: 4150,
    httpPort: 4151,
    version: '1.3.0',
    ...differs,
  };
}
