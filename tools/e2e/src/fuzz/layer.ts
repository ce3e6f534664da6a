import type { IdentifyRequest } from '@nsq/protocol';

/** What lies between the attacker's commands and the socket. */
export const UPGRADES = ['plain', 'tls', 'snappy', 'deflate', 'tls+snappy', 'tls+deflate'] as const;
export type Upgrade = (typeof UPGRADES)[number];

/** The compression in it. */
export function compressionIn(upgrade: Upgrade): 'snappy' | 'deflate' | null {
  return upgrade.endsWith('snappy') ? 'snappy' : upgrade.endsWith('deflate') ? 'deflate' : null;
}

/** The IDENTIFY that asks for it. */
export function requestOf(upgrade: Upgrade): IdentifyRequest {
  const compression = compressionIn(upgrade);
  return {
    feature_negotiation: true,
    tls_v1: upgrade.startsWith('tls'),
    snappy: compression === 'snappy',
    deflate: compression === 'deflate',
  };
}
