import { quote } from './go-text.js';
import type { Option, OptionTable } from './option.js';
import { reasonOf, ValueError } from './value-error.js';

/** What a command line came to. `values` holds the given options by their name in the table. */
export type FlagResult =
  | { readonly kind: 'parsed'; readonly values: ReadonlyMap<string, unknown>; readonly rest: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'fatal'; readonly message: string };

interface NamedOption {
  readonly name: string;
  readonly option: Option<unknown>;
}

function byFlag(table: OptionTable): ReadonlyMap<string, NamedOption> {
  const flags = new Map<string, NamedOption>();
  for (const [name, option] of Object.entries(table)) {
    if (option.flag !== null) flags.set(option.flag, { name, option });
  }
  return flags;
}

function splitFlag(argument: string): { flag: string; value: string | undefined } | undefined {
  const body = argument.slice(argument.startsWith('--') ? 2 : 1);
  if (body === '' || body.startsWith('-') || body.startsWith('=')) return undefined;
  const at = body.indexOf('=');
  return at < 0 ? { flag: body, value: undefined } : { flag: body.slice(0, at), value: body.slice(at + 1) };
}

/**
 * Reads flags until the first argument that is not one, or until `--`. One dash or two, the value after `=` or as the next
 * argument; a boolean flag takes a value only after `=`. The first error, or request for help, decides.
 */
export function parseFlags(table: OptionTable, argv: readonly string[]): FlagResult {
  const flags = byFlag(table);
  const values = new Map<string, unknown>();
  let at = 0;
  for (;;) {
    const argument = argv[at];
    if (argument === undefined || argument.length < 2 || !argument.startsWith('-')) break;
    at++;
    if (argument === '--') break;
    const split = splitFlag(argument);
    if (split === undefined) return { kind: 'error', message: `bad flag syntax: ${argument}` };
    const known = flags.get(split.flag);
    if (known === undefined) {
      if (split.flag === 'h' || split.flag === 'help') return { kind: 'help' };
      return { kind: 'error', message: `flag provided but not defined: -${split.flag}` };
    }
    const { name, option } = known;
    const isBoolean = option.type.placeholder === '';
    const text = split.value ?? (isBoolean ? 'true' : argv[at++]);
    if (text === undefined) return { kind: 'error', message: `flag needs an argument: -${split.flag}` };
    try {
      values.set(name, option.type.fromFlag(text, values.get(name)));
    } catch (error) {
      if (error instanceof ValueError && error.fatal) return { kind: 'fatal', message: error.message };
      const what = isBoolean ? `invalid boolean value ${quote(text)} for` : `invalid value ${quote(text)} for flag`;
      return { kind: 'error', message: `${what} -${split.flag}: ${reasonOf(error)}` };
    }
  }
  return { kind: 'parsed', values, rest: argv.slice(at) };
}
