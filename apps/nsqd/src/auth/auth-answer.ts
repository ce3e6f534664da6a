import { quote } from '@nsq/protocol';

/** One entry of an auth server's answer: for these topics and channels, these permissions. */
export interface Authorization {
  /** A regular expression, matched anywhere in the name. */
  readonly topic: string;
  /** The same for the channel. Publishing is asked with an empty channel. */
  readonly channels: readonly string[];
  readonly permissions: readonly Permission[];
}

export type Permission = 'subscribe' | 'publish';

export interface AuthAnswer {
  /** How long it holds. Seconds, above 0. */
  readonly ttl: number;
  readonly identity: string;
  readonly identityUrl: string;
  readonly authorizations: readonly Authorization[];
}

const MAX_AUTHORIZATIONS = 1000;
const MAX_IDENTITY_LENGTH = 4096;

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads what an auth server answered. Keys match without regard to case, unknown ones are ignored, what is absent is empty.
 * @throws {Error} with the reason for the log
 */
export function parseAuthAnswer(body: Buffer): AuthAnswer {
  const answer = members(JSON.parse(body.toString('utf8')), 'answer');
  const authorizations = list(answer['authorizations'], 'authorizations').map(parseAuthorization);
  if (authorizations.length > MAX_AUTHORIZATIONS) {
    throw new Error(`${authorizations.length} authorizations are more than ${MAX_AUTHORIZATIONS}`);
  }
  const ttl = answer['ttl'] ?? 0;
  if (typeof ttl !== 'number' || !Number.isInteger(ttl)) throw new Error('ttl is not an integer');
  if (ttl <= 0) throw new Error(`invalid TTL ${ttl} (must be >0)`);
  return { ttl, identity: identity(answer, 'identity'), identityUrl: identity(answer, 'identity_url'), authorizations };
}

function parseAuthorization(value: unknown): Authorization {
  const { topic, channels, permissions } = members(value, 'authorization');
  return {
    topic: text(topic, 'topic'),
    channels: list(channels, 'channels').map((channel) => text(channel, 'channel')),
    permissions: list(permissions, 'permissions').map(permission),
  };
}

function permission(value: unknown): Permission {
  const word = text(value, 'permission');
  if (word !== 'subscribe' && word !== 'publish') throw new Error(`unknown permission ${quote(Buffer.from(word))}`);
  return word;
}

function identity(answer: Members, key: string): string {
  const value = text(answer[key], key);
  if (value.length > MAX_IDENTITY_LENGTH) throw new Error(`${key} is longer than ${MAX_IDENTITY_LENGTH} characters`);
  return value;
}

function text(value: unknown, what: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new Error(`${what} is not a string`);
  return value;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${what} is not a list`);
  return value;
}

/** The members of an object under lower-case keys; `null` has none. */
function members(value: unknown, what: string): Members {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${what} is not an object`);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toLowerCase(), member as unknown]));
}
