import type { Moment } from './clock.js';

/** What an nsqd said of itself in IDENTIFY, and where its connection comes from. */
export interface PeerInfo {
  /** `ip:port` as seen from here, IPv6 in brackets; what names the peer in logs and in `/debug`. */
  readonly remoteAddress: string;
  readonly hostname: string;
  readonly broadcastAddress: string;
  readonly tcpPort: number;
  readonly httpPort: number;
  readonly version: string;
}

/** One peer as a producer of one topic. */
export interface Producer {
  readonly peer: Peer;
  /** When it was tombstoned; null when it never was. The mark stays after its lifetime. */
  tombstonedAt: Moment | null;
}

/** One identified connection. The registry alone changes what it holds. */
export class Peer {
  readonly info: PeerInfo;
  /** The last IDENTIFY or PING. REGISTER and UNREGISTER do not count. */
  lastUpdate: Moment;
  /** The topics it is a producer of. */
  readonly topics = new Map<string, Producer>();
  /** The channels it has registered, by topic; no set is empty. */
  readonly channels = new Map<string, Set<string>>();

  constructor(info: PeerInfo, now: Moment) {
    this.info = info;
    this.lastUpdate = now;
  }

  get id(): string {
    return this.info.remoteAddress;
  }
}
