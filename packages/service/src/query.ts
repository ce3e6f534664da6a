import { HttpError } from './http-error.js';

/** The parameters of a URL's query. Names are case-sensitive. */
export class Query {
  readonly #first: ReadonlyMap<string, string>;

  constructor(first: ReadonlyMap<string, string>) {
    this.#first = first;
  }

  /** The first value of that name; `''` when it is present but empty, undefined when it is absent. */
  get(name: string): string | undefined {
    return this.#first.get(name);
  }

  has(name: string): boolean {
    return this.#first.has(name);
  }
}

const EMPTY = new Query(new Map());

/**
 * Reads the query of a request target such as `/pub?topic=t&defer=100`. Pairs are split at `&`, `+` is a space, `%xx` a byte of UTF-8;
 * bytes that are not UTF-8 become U+FFFD, which no name contains. Nothing after the `?` is a fragment: a raw `#` is a part of its value.
 * @throws {HttpError} 400 `INVALID_REQUEST` for a bad escape or a raw `;` anywhere in the query
 */
export function parseQuery(target: string): Query {
  const mark = target.indexOf('?');
  if (mark === -1 || mark === target.length - 1) return EMPTY;
  const first = new Map<string, string>();
  for (const pair of target.slice(mark + 1).split('&')) {
    if (pair === '') continue;
    if (pair.includes(';')) throw invalid('invalid semicolon separator in query');
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
    if (!first.has(name)) first.set(name, value);
  }
  return new Query(first);
}

function invalid(reason: string): HttpError {
  return new HttpError(400, 'INVALID_REQUEST', { log: `failed to parse request params - ${reason}` });
}

/** What needs no decoding, nearly all there is. */
const PLAIN = /^[!-$&-*,-~]*$/;

function decode(text: string): string {
  if (PLAIN.test(text)) return text;
  // Node hands over the bytes of the request line as latin1.
  const bytes = Buffer.from(text.replaceAll('+', ' '), 'latin1');
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] ?? 0;
    if (byte === 0x25) {
      const digits = bytes.toString('latin1', at + 1, at + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) throw invalid(`invalid URL escape ${JSON.stringify(`%${digits}`)}`);
      byte = parseInt(digits, 16);
      at += 2;
    }
    bytes[length++] = byte;
  }
  return bytes.toString('utf8', 0, length);
}
