import { parse, TomlError } from 'smol-toml';
import type { TomlTable, TomlValue } from 'smol-toml';

export type { TomlTable, TomlValue };

/**
 * Parses a config file. Integers come as `bigint`, so that `1` and `1.0` stay different.
 * @throws {Error} whose message is one line, `toml: line <n>: <reason>`.
 */
export function parseToml(text: string): TomlTable {
  try {
    return parse(text, { integersAsBigInt: true });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The parser adds a picture of the place in further lines.
    const [reason = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw new Error(`toml: line ${error.line}: ${reason}`, { cause: error });
  }
}
