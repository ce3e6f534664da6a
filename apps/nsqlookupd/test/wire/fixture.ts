import { readdirSync, readFileSync } from 'node:fs';

/** Conversations with the reference, recorded byte for byte: see README.md beside them. */
const FOLDER = new URL('../fixtures/wire/', import.meta.url);

export type Step =
  | { readonly send: string } // base64
  | { readonly recv: string; readonly volatile_json?: readonly string[] } // base64 of one reply
  | { readonly nothing_received_for_ms: number }
  | { readonly closed_by_server: true }
  | { readonly close_by_client: true };

/** One TCP connection. */
export interface Session {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface Fixture {
  readonly name: string;
  readonly flags: readonly string[];
  readonly sessions: readonly Session[];
}

/** All recorded conversations, in the order of their names. */
export function loadFixtures(): Fixture[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Fixture);
}
