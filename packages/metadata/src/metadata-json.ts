import { MetadataError } from './metadata-error.js';

export interface ChannelState {
  readonly name: string;
  readonly paused: boolean;
}

export interface TopicState {
  readonly name: string;
  readonly paused: boolean;
  readonly channels: readonly ChannelState[];
}

/** Which topics and channels exist, and which are paused. Leaving out ephemeral ones is up to the caller. */
export interface MetadataState {
  readonly topics: readonly TopicState[];
}

export interface LoadedMetadata extends MetadataState {
  /** One line to log at WARNING for each name that was skipped. */
  readonly warnings: readonly string[];
}

/** The rule for the names of topics and channels, as the protocol has it. */
export type IsValidName = (name: string) => boolean;

type Json = Readonly<Record<string, unknown>>;

/**
 * The reference's form: one line, no newline at the end, keys in this order, `null` for an empty list.
 *
 *     {"topics":[{"name":"t","paused":false,"channels":[{"name":"c","paused":true}]}],"version":"1.3.0"}
 */
export function formatMetadata(state: MetadataState, version: string): string {
  const topics = state.topics.map(({ name, paused, channels }) => ({
    name,
    paused,
    channels: nullIfEmpty(channels.map((channel) => ({ name: channel.name, paused: channel.paused }))),
  }));
  return JSON.stringify({ topics: nullIfEmpty(topics), version });
}

/**
 * Reads what any version of the reference writes: keys match without regard to case, unknown ones are ignored, `null`, `[]` and a
 * missing list are the same. A topic with an invalid name is skipped with its channels, a channel with one alone.
 * @param file named in errors, not read
 * @throws {MetadataError} `E_PARSE` when the text is not JSON (an empty text is not) or a value has the wrong type
 */
export function parseMetadata(text: string, file: string, isValidName: IsValidName): LoadedMetadata {
  try {
    return readRoot(parseJson(text), isValidName);
  } catch (error) {
    throw new MetadataError('E_PARSE', file, (error as Error).message, { cause: error });
  }
}

function parseJson(text: string): unknown {
  if (text === '') throw new SyntaxError('unexpected end of JSON input');
  return JSON.parse(text);
}

function readRoot(json: unknown, isValidName: IsValidName): LoadedMetadata {
  const root = members(json, 'the document');
  string(root['version'], 'version');
  const warnings: string[] = [];
  const topics: TopicState[] = [];
  for (const [i, value] of list(root['topics'], 'topics').entries()) {
    const where = `topics[${i}]`;
    const topic = members(value, where);
    const { name, paused } = readNamed(topic, where);
    const channels = list(topic['channels'], `${where}.channels`).map((channel, j) => {
      const at = `${where}.channels[${j}]`;
      return readNamed(members(channel, at), at);
    });
    if (!isValidName(name)) {
      warnings.push(`skipping creation of invalid topic ${name}`);
      continue;
    }
    for (const channel of channels) {
      if (!isValidName(channel.name)) warnings.push(`skipping creation of invalid channel ${channel.name}`);
    }
    topics.push({ name, paused, channels: channels.filter((channel) => isValidName(channel.name)) });
  }
  return { topics, warnings };
}

function readNamed(json: Json, where: string): ChannelState {
  return { name: string(json['name'], `${where}.name`), paused: boolean(json['paused'], `${where}.paused`) };
}

function members(value: unknown, where: string): Json {
  if (isAbsent(value)) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new TypeError(`${where} is not an object`);
  return Object.fromEntries(Object.entries(value as Json).map(([key, member]) => [key.toLowerCase(), member]));
}

function list(value: unknown, where: string): readonly unknown[] {
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) throw new TypeError(`${where} is not a list`);
  return value;
}

function string(value: unknown, where: string): string {
  if (isAbsent(value)) return '';
  if (typeof value !== 'string') throw new TypeError(`${where} is not a string`);
  return value;
}

function boolean(value: unknown, where: string): boolean {
  if (isAbsent(value)) return false;
  if (typeof value !== 'boolean') throw new TypeError(`${where} is not true or false`);
  return value;
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function nullIfEmpty<T>(items: readonly T[]): readonly T[] | null {
  return items.length === 0 ? null : items;
}
