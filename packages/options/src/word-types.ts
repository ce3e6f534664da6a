import { quote, showToml } from './go-text.js';
import { LogLevel, parseLogLevel } from './log-line.js';
import { requireBoolean } from './numbers.js';
import type { OptionType } from './option.js';
import { asJson, asText, wrongType } from './scalar-types.js';
import { ValueError } from './value-error.js';

/** Who must use TLS: nobody, TCP clients only, or TCP clients and every HTTP request. The numbers are those of `/config/tls_required`. */
export const TlsRequired = { no: 0, 'tcp-https': 1, yes: 2 } as const;
export type TlsRequired = keyof typeof TlsRequired;

/** The lowest TLS version to accept; the numbers are those on the wire. */
export const TlsMinVersion = { 'tls1.0': 769, 'tls1.1': 770, 'tls1.2': 771, 'tls1.3': 772 } as const;
export type TlsMinVersion = keyof typeof TlsMinVersion;

const isTlsMinVersion = (word: string): word is TlsMinVersion => Object.hasOwn(TlsMinVersion, word);

export const logLevelType: OptionType<LogLevel> = {
  placeholder: 'value',
  zero: '',
  fromFlag: parseLogLevel,
  fromToml: (value) => parseLogLevel(showToml(value)),
  show: (value) => value,
  render: (value) => asJson(LogLevel[value]),
};

function parseTlsRequired(text: string): TlsRequired {
  const word = text.toLowerCase();
  if (word === 'tcp-https') return word;
  return requireBoolean(word) ? 'yes' : 'no';
}

/** A boolean flag with a third word. */
export const tlsRequiredType: OptionType<TlsRequired> = {
  placeholder: '',
  zero: 'no',
  fromFlag: parseTlsRequired,
  fromToml: (value) => {
    if (typeof value === 'object' || typeof value === 'number') throw wrongType('bool', value);
    return parseTlsRequired(String(value));
  },
  show: (value) => value,
  render: (value) => asJson(TlsRequired[value]),
};

function parseTlsMinVersion(text: string): TlsMinVersion {
  const word = text.toLowerCase();
  if (word === '') return 'tls1.0';
  if (!isTlsMinVersion(word)) throw new ValueError(`unknown tlsVersionOption ${quote(word)}`);
  return word;
}

/** The empty string stands for `tls1.0`. */
export const tlsMinVersionType: OptionType<TlsMinVersion> = {
  placeholder: 'value',
  zero: '',
  fromFlag: parseTlsMinVersion,
  fromToml: (value) => parseTlsMinVersion(showToml(value)),
  show: (value) => value,
  render: (value) => asJson(TlsMinVersion[value]),
};

/** One of a few words, in lower case. */
export function choiceType<Word extends string>(words: readonly Word[]): OptionType<Word> {
  const choose = (text: string): Word => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new ValueError(`must be one of ${words.join(', ')}`);
    return word;
  };
  return {
    placeholder: 'string',
    zero: '',
    fromFlag: choose,
    fromToml: (value) => {
      if (typeof value !== 'string') throw wrongType('string', value);
      return choose(value);
    },
    show: (value) => value,
    render: asText,
  };
}
