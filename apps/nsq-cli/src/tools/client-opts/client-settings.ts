import { formatDuration, parseDuration, ValueError } from '@nsq/options';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** How one kind of option is read, and compared with its limits. */
interface Kind<T> {
  read(text: string): T;
  show(value: T): string;
}

const duration: Kind<number> = { read: parseDuration, show: formatDuration };
const text: Kind<string> = { read: (value) => value, show: (value) => value };
const integer: Kind<number> = { read: (value) => number(value, /^[+-]?\d+$/), show: String };
const decimal: Kind<number> = { read: (value) => number(value, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i), show: String };
const boolean: Kind<boolean> = {
  read: (value) => {
    if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
    if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
    throw new ValueError('not true or false');
  },
  show: String,
};

function number(value: string, form: RegExp): number {
  if (!form.test(value)) throw new ValueError('not a number');
  return Number(value);
}

function word<Word extends string>(...words: readonly Word[]): Kind<Word> {
  return {
    read: (value) => {
      const found = words.find((candidate) => candidate === value);
      if (found === undefined) throw new ValueError(`one of ${words.join(', ')}`);
      return found;
    },
    show: String,
  };
}

interface Entry<T> {
  readonly kind: Kind<T>;
  readonly min?: T;
  readonly max?: T;
}

const entry = <T>(kind: Kind<T>, min?: T, max?: T): Entry<T> => ({
  kind,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});

/** What `--consumer-opt` and `--producer-opt` can set, with its limits. Durations are milliseconds. */
const ENTRIES = {
  dial_timeout: entry(duration),
  read_timeout: entry(duration, 100, 5 * MINUTE),
  write_timeout: entry(duration, 100, 5 * MINUTE),
  local_addr: entry(text),
  lookupd_poll_interval: entry(duration, 10, 5 * MINUTE),
  lookupd_poll_jitter: entry(decimal, 0, 1),
  lookupd_poll_timeout: entry(duration),
  max_requeue_delay: entry(duration, 0, 60 * MINUTE),
  default_requeue_delay: entry(duration, 0, 60 * MINUTE),
  backoff_strategy: entry(word('exponential', 'full_jitter')),
  max_backoff_duration: entry(duration, 0, 60 * MINUTE),
  backoff_multiplier: entry(duration, 0, 60 * MINUTE),
  max_attempts: entry(integer, 0, 65_535),
  low_rdy_idle_timeout: entry(duration, SECOND, 5 * MINUTE),
  low_rdy_timeout: entry(duration, SECOND, 5 * MINUTE),
  rdy_redistribute_interval: entry(duration, 1, 5 * SECOND),
  client_id: entry(text),
  hostname: entry(text),
  user_agent: entry(text),
  heartbeat_interval: entry(duration),
  sample_rate: entry(integer, 0, 99),
  tls_v1: entry(boolean),
  tls_root_ca_file: entry(text),
  tls_cert: entry(text),
  tls_key: entry(text),
  tls_insecure_skip_verify: entry(boolean),
  tls_min_version: entry(word('ssl3.0', 'tls1.0', 'tls1.1', 'tls1.2')),
  deflate: entry(boolean),
  deflate_level: entry(integer, 1, 9),
  snappy: entry(boolean),
  output_buffer_size: entry(integer),
  output_buffer_timeout: entry(duration),
  max_in_flight: entry(integer, 0),
  msg_timeout: entry(duration, 0),
  auth_secret: entry(text),
  skip_lookupd_authorization: entry(boolean),
};

type SettingName = keyof typeof ENTRIES;
type ValueOf<Name extends SettingName> = (typeof ENTRIES)[Name] extends Entry<infer T> ? T : never;

/** What was given. */
export type ClientSettings = { readonly [Name in SettingName]?: ValueOf<Name> };

const isName = (name: string): name is SettingName => Object.hasOwn(ENTRIES, name);

/** Adds `name,value`, or `name` for `name,true`, to what was given before. @throws {ValueError} */
export function readSetting(given: string, previous: ClientSettings): ClientSettings {
  const comma = given.indexOf(',');
  const name = (comma < 0 ? given : given.slice(0, comma)).replaceAll('-', '_');
  const value = comma < 0 ? 'true' : given.slice(comma + 1);
  if (!isName(name)) throw new ValueError(`invalid option ${name}`);
  return { ...previous, [name]: readValue(name, ENTRIES[name] as Entry<string | number | boolean>, value) };
}

function readValue<T extends string | number | boolean>(name: string, { kind, min, max }: Entry<T>, given: string): T {
  let value: T;
  try {
    value = kind.read(given);
  } catch (error) {
    throw new ValueError(`failed to coerce option ${name} (${given}) - ${error instanceof Error ? error.message : String(error)}`);
  }
  if (min !== undefined && value < min) throw new ValueError(`invalid ${name} ! ${kind.show(value)} < ${kind.show(min)}`);
  if (max !== undefined && value > max) throw new ValueError(`invalid ${name} ! ${kind.show(value)} > ${kind.show(max)}`);
  return value;
}
