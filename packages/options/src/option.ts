import type { TomlValue } from './toml.js';

/** How `GET /config/:opt` shows a value: a JSON document, or the text as it is. */
export interface RenderedOption {
  readonly json: boolean;
  readonly body: string;
}

/** What a type of option can do. All values it gives are of type `T`; both readers throw `ValueError`. */
export interface OptionType<T> {
  /** The word the help shows after the flag; empty for a boolean flag, which takes a value only after `=`. */
  readonly placeholder: string;
  /** What {@link OptionType.show} gives for a default that the help need not mention. */
  readonly zero: string;
  /** Reads a flag's value. `previous` is what earlier occurrences of the flag gave. */
  fromFlag(text: string, previous: T | undefined): T;
  fromToml(value: TomlValue): T;
  /** The value as messages and the help show it. */
  show(value: T): string;
  render(value: T): RenderedOption;
}

/** What the author of a table says of an option. */
export interface OptionSettings<T> {
  /** The flag's name without dashes; null for a value that only code can set. */
  readonly flag: string | null;
  /** The key in the config file and the name in `/config/:opt`; null for none. By default the flag's name with `_` for `-`. */
  readonly key?: string | null;
  readonly default: T | (() => T);
  readonly help: string;
  /** The feature this option waits for. It is accepted; the help and a warning say that it has no effect yet. */
  readonly later?: string;
  /** What to do instead. The flag is accepted, and a warning says this. */
  readonly deprecated?: string;
  /** Leaves the flag out of the help. */
  readonly hidden?: boolean;
}

/** One entry of a table. */
export interface Option<T> {
  readonly type: OptionType<T>;
  readonly flag: string | null;
  readonly key: string | null;
  readonly help: string;
  readonly later: string | null;
  readonly deprecated: string | null;
  readonly hidden: boolean;
  defaultValue(): T;
}

/** The options of a program under the names its code uses. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The resolved options of a table, one value for each entry. */
export type OptionValues<Table extends OptionTable> = { [Name in keyof Table]: ReturnType<Table[Name]['defaultValue']> };

/** Builds an entry of any type; the builders for the usual types are in `builders.ts`. */
export function makeOption<T>(type: OptionType<T>, settings: OptionSettings<T>): Option<T> {
  const { flag, key, default: value, later = null, deprecated = null, hidden = false, help } = settings;
  return {
    type,
    flag,
    key: key === undefined ? (flag?.replaceAll('-', '_') ?? null) : key,
    help,
    later,
    deprecated,
    hidden,
    defaultValue: () => (typeof value === 'function' ? (value as () => T)() : value),
  };
}

/** The defaults of every option of a table. */
export function defaultValues<Table extends OptionTable>(table: Table): OptionValues<Table> {
  return valuesFrom(table, (_name, option) => option.defaultValue());
}

/** Asks `pick` for the value of each entry. The caller answers for `pick` giving each entry a value of its type. */
export function valuesFrom<Table extends OptionTable>(
  table: Table,
  pick: (name: string, option: Option<unknown>) => unknown,
): OptionValues<Table> {
  const entries = Object.entries(table).map(([name, option]) => [name, pick(name, option)] as const);
  return Object.fromEntries(entries) as OptionValues<Table>;
}

/** Looks an option up by its config key, the name `/config/:opt` uses; undefined when there is none. */
export function findByKey<Table extends OptionTable>(
  table: Table,
  key: string,
): { readonly name: string & keyof Table; readonly option: Option<unknown> } | undefined {
  for (const [name, option] of Object.entries(table)) {
    if (option.key === key) return { name, option };
  }
  return undefined;
}

/** The value of one option in the form `GET /config/:opt` replies with. */
export function renderOption<T>(option: Option<T>, value: T): RenderedOption {
  return option.type.render(value);
}
