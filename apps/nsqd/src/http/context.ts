import type { LogLevel } from '@nsq/options';
import type { Logger, ProcessStats } from '@nsq/service';
import type { LookupStatus } from '../lookup/lookup-loop.js';
import type { NsqdOptions } from '../options.js';
import type { Channel } from '../queue/channel.js';
import type { Engine } from '../queue/engine.js';
import type { Topic } from '../queue/topic.js';
import type { StatsSource } from '../stats/snapshot.js';

/** What the HTTP API needs of the daemon. */
export interface HttpContext extends StatsSource {
  readonly engine: Engine;
  /** As resolved at start. `PUT /config` replaces `logLevel` and `nsqlookupdTcpAddresses` in it. */
  readonly options: NsqdOptions;
  readonly logger: Logger;
  /** The host's name; a getter that throws makes /info fail. */
  readonly hostname: string;
  /** The bound port; -1 for a unix socket. */
  readonly tcpPort: number;
  /** The bound port; -1 for a unix socket, 0 when there is no listener. */
  readonly httpPort: number;
  /** The bound port; 0 when there is no listener. */
  readonly httpsPort: number;
  /** Open TCP connections of clients. */
  readonly connectionCount: number;
  readonly lookupStatus: LookupStatus;
  processStats(): Promise<ProcessStats>;
  /**
   * Until what was made, or with nothing named every topic and channel that has come or gone, is sure to be so after a crash, as far as --durability
   * asks for that; null when it is. Rejects with why it is not.
   */
  kept(made?: Topic | Channel): Promise<void> | null;
  /** Writes the metadata file. The message of what it throws is logged as it is. */
  persistMetadata(): Promise<void>;
  /** Called when `PUT /config/log_level` has changed the level. */
  setLogLevel(level: LogLevel): void;
  /** Called when `PUT /config/nsqlookupd_tcp_addresses` has changed the list. */
  setLookupdAddresses(addresses: readonly string[]): void;
}
