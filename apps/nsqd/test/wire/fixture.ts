import { readdirSync, readFileSync } from 'node:fs';

/** Conversations with the reference, recorded byte for byte: see README.md beside them. */
const FOLDER = new URL('../fixtures/wire/', import.meta.url);

/** Bytes of a reply that differ each run. A `name` binds them on first use; later uses must repeat them. */
export interface Volatile {
  readonly what: string;
  readonly offset: number;
  readonly length: number;
  readonly name?: string;
}

export interface SendStep {
  /** Base64. */
  readonly send: string;
  readonly text?: string;
  readonly vars?: readonly { readonly name: string; readonly offset: number; readonly length: number }[];
}

export interface RecvStep {
  /** Base64 of one whole reply, length prefix included. */
  readonly recv: string;
  readonly volatile?: readonly Volatile[];
  readonly volatile_json?: readonly string[];
  readonly optional?: boolean;
  readonly elapsed_ms_since_last_send?: number;
}

export interface SilenceStep {
  readonly nothing_received_for_ms: number;
}

export interface ClosedByServerStep {
  readonly closed_by_server: true;
  readonly elapsed_ms_since_last_send?: number;
}

export interface CloseByClientStep {
  readonly close_by_client: true;
}

/** Bytes above a compression that the answers before have agreed on. */
export interface SendRawStep {
  /** Base64, as the recorded client compressed it. */
  readonly send_raw: string;
  readonly decoded: string;
}

export interface RecvRawStep {
  /** Base64, as the reference compressed it: how it is cut and compressed does not matter. */
  readonly recv_raw: string;
  /** Base64 of whole frames. */
  readonly decoded: string;
}

export type Step = SendStep | RecvStep | SendRawStep | RecvRawStep | SilenceStep | ClosedByServerStep | CloseByClientStep;

/** One TCP connection. */
export interface Session {
  readonly name: string;
  readonly note?: string;
  readonly steps: readonly Step[];
}

export interface Fixture {
  readonly name: string;
  readonly server: 'nsqd' | 'nsqlookupd';
  readonly flags: readonly string[];
  readonly description: string;
  /** What must be arranged first, in words. */
  readonly setup?: string;
  /** `topic:channel` pairs that exist before the first session. */
  readonly precreate?: readonly string[];
  readonly sessions: readonly Session[];
}

/** All recorded conversations, in the order of their names. */
export function loadFixtures(): Fixture[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Fixture);
}
