import { byBytes, encodeField, encodeString } from './encode.js';
import { parseObject, type JsonObject } from './json-object.js';

export interface JsonFilterOptions {
  /** A field that must be there; empty for none. */
  readonly requireField: string;
  /** The value it must have; empty for any. */
  readonly requireValue: string;
  /** The fields that are kept; none for all. */
  readonly keepFields: readonly string[];
}

/** What becomes of a message. Invalid: no JSON object. Incomplete: the field whose value matters is missing. */
export type Filtered = { readonly kind: 'pass'; readonly body: Buffer } | { readonly kind: 'drop' | 'invalid' | 'incomplete' };

export type JsonFilter = (body: Buffer) => Filtered;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** @returns null when there is nothing to filter by */
export function createJsonFilter({ requireField, requireValue, keepFields }: JsonFilterOptions): JsonFilter | null {
  if (requireField === '' && keepFields.length === 0) return null;
  return (body) => {
    const object = parseObject(body);
    if (object === undefined) return { kind: 'invalid' };
    if (requireField !== '') {
      if (!Object.hasOwn(object, requireField)) return { kind: requireValue === '' ? 'drop' : 'incomplete' };
      if (requireValue !== '' && !hasValue(object[requireField], requireValue)) return { kind: 'drop' };
    }
    return { kind: 'pass', body: keepFields.length === 0 ? body : Buffer.from(pick(object, keepFields)) };
  };
}

/** A string is compared byte for byte, a number as a double; nothing else ever has a value. */
function hasValue(field: unknown, value: string): boolean {
  if (typeof field === 'string') return field === value;
  return typeof field === 'number' && NUMBER.test(value) && field === Number(value);
}

function pick(object: JsonObject, fields: readonly string[]): string {
  const kept = [...new Set(fields)].filter((field) => Object.hasOwn(object, field)).map((field) => [field, object[field]] as const);
  kept.sort(byBytes);
  return `{${kept.map(([field, value]) => `${encodeString(field)}:${encodeField(value)}`).join(',')}}`;
}
