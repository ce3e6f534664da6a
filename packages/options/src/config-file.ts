import { getSystemErrorMap } from 'node:util';

import { quote, showToml } from './go-text.js';
import { findByKey } from './option.js';
import type { Option, OptionTable } from './option.js';
import { parseToml } from './toml.js';
import type { TomlTable, TomlValue } from './toml.js';
import { reasonOf } from './value-error.js';

/** Reads a whole text file, as `(path) => readFileSync(path, 'utf8')` does. */
export type ReadFile = (path: string) => string;

/** Checked in this order before anything else is resolved, even when a flag overrides them. */
const SPECIAL_KEYS = ['tls_required', 'tls_min_version', 'log_level'];

const INITIALISMS: Readonly<Record<string, string>> = Object.fromEntries(
  ['id', 'tcp', 'http', 'https', 'tls', 'ca', 'udp', 'e2e'].map((word) => [word, word.toUpperCase()]),
);

function capitalize(word: string): string {
  if (word === 'nsqlookupd') return 'NSQLookupd';
  return INITIALISMS[word] ?? `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

/** A key as messages name its field: `msg_timeout` is `MsgTimeout`. */
const fieldName = (key: string): string => key.split('_').map(capitalize).join('');

function systemReason(path: string, error: unknown): string {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return reasonOf(error);
  const [code, text] = getSystemErrorMap().get(error.errno) ?? [];
  if (text === undefined) return error.message;
  const syscall = 'syscall' in error && typeof error.syscall === 'string' ? error.syscall : 'open';
  return `${syscall} ${path}: ${code === 'EISDIR' ? 'is a directory' : text}`;
}

/** @throws {Error} `failed to load config file <path> - <reason>`. */
export function loadConfigFile(path: string, readFile: ReadFile): TomlTable {
  try {
    return parseToml(readFile(path));
  } catch (error) {
    throw new Error(`failed to load config file ${path} - ${systemReason(path, error)}`, { cause: error });
  }
}

function valueOf(config: TomlTable, key: string | null): TomlValue | undefined {
  return key !== null && Object.hasOwn(config, key) ? config[key] : undefined;
}

/** @throws {Error} `failed parsing <key> <value>`. */
export function checkSpecialKeys(table: OptionTable, config: TomlTable): void {
  for (const key of SPECIAL_KEYS) {
    const value = valueOf(config, key);
    const found = findByKey(table, key);
    if (value === undefined || found === undefined) continue;
    try {
      found.option.type.fromToml(value);
    } catch (error) {
      throw new Error(`failed parsing ${key} ${showToml(value)}`, { cause: error });
    }
  }
}

/**
 * An option's value from the file, or its default.
 * @throws {Error} when the value is not of the option's type; the message names value, default, field and reason.
 */
export function resolveFromConfig(option: Option<unknown>, config: TomlTable): unknown {
  const value = valueOf(config, option.key);
  if (option.key === null || value === undefined) return option.defaultValue();
  try {
    return option.type.fromToml(value);
  } catch (error) {
    const place = `${showToml(value)} (${option.type.show(option.defaultValue())}) for field ${fieldName(option.key)}`;
    throw new Error(`Resolve failed to coerce value ${place} - ${reasonOf(error)}`, { cause: error });
  }
}

/** A line for each key that no option has: the reference says nothing, and a misspelt key is hard to find. */
export function unknownKeyWarnings(table: OptionTable, config: TomlTable): string[] {
  const unknown = Object.keys(config).filter((key) => findByKey(table, key) === undefined);
  return unknown.map((key) => `config file: unknown key ${quote(key)} is ignored`);
}
