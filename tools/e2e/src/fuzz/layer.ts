import { constants, createInflateRaw, deflateRawSync } from 'node:zlib';
import type { IdentifyRequest } from '@nsq/protocol';
import { SnappyReader, SnappyWriter } from './snappy-wire.js';

/** What lies between the attacker's commands and the socket. */
export const UPGRADES = ['plain', 'tls', 'snappy', 'deflate', 'tls+snappy', 'tls+deflate'] as const;
export type Upgrade = (typeof UPGRADES)[number];

/** The IDENTIFY that asks for it. */
export function requestOf(upgrade: Upgrade): IdentifyRequest {
  return {
    feature_negotiation: true,
    tls_v1: upgrade.startsWith('tls'),
    snappy: upgrade.endsWith('snappy'),
    deflate: upgrade.endsWith('deflate'),
  };
}

/** A compression as a client sees it. */
export interface Compression {
  /** All that the daemon needs to read `plain`. */
  encode(plain: Buffer): Buffer;
  decode(bytes: Buffer): void;
  /** Resolves when all that was given to `decode` has come out. */
  settled(): Promise<void>;
}

/** Null where there is none. @param failed is told what makes the daemon's side of it unreadable */
export function compressionOf(upgrade: Upgrade, plain: (bytes: Buffer) => void, failed: (error: Error) => void): Compression | null {
  if (upgrade.endsWith('deflate')) {
    const inflate = createInflateRaw();
    inflate.on('data', plain).on('error', failed);
    return {
      encode: (bytes) => deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }),
      decode: (bytes) => inflate.write(bytes),
      settled: () =>
        new Promise((resolve) => {
          inflate.write(Buffer.alloc(0), () => resolve());
        }),
    };
  }
  if (!upgrade.endsWith('snappy')) return null;
  const writer = new SnappyWriter();
  const reader = new SnappyReader();
  return {
    encode: (bytes) => writer.encode(bytes),
    decode: (bytes) => {
      try {
        plain(reader.push(bytes));
      } catch (error) {
        failed(error as Error);
      }
    },
    settled: () => Promise.resolve(),
  };
}
