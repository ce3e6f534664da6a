import path from 'node:path';
import { strftime } from './strftime.js';

export interface NamingOptions {
  /** May hold `<TOPIC>`, `<HOST>`, `<PID>`, `<REV>` and `<DATETIME>`, and slashes. */
  readonly filenameFormat: string;
  readonly datetimeFormat: string;
  /** May hold `<SHORT_HOST>` and `<HOSTNAME>`; empty for the short host name. */
  readonly hostIdentifier: string;
  readonly gzip: boolean;
  /** Whether a file may be followed by another one of the same time: revisions tell them apart. */
  readonly revisions: boolean;
}

export interface NamingFacts {
  readonly topic: string;
  readonly hostname: string;
  readonly pid: number;
}

/** The names of one topic's files. */
export class FileNaming {
  readonly #format: string;
  readonly #datetimeFormat: string;
  #second = Number.NaN;
  #current = '';

  /** @throws {Error} for a format without `<REV>` where one is needed, or a name outside of its folder */
  constructor(options: NamingOptions, facts: NamingFacts) {
    this.#format = formatFor(options, facts);
    this.#datetimeFormat = options.datetimeFormat;
    const [first] = path.normalize(this.#format).split(path.sep);
    if (first === '..')
      throw new Error(`the topic ${facts.topic} would be written outside of --output-dir; choose another --filename-format`);
  }

  /** The name at this time, milliseconds since 1970, with `<REV>` in it if there are revisions. */
  current(now: number): string {
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      const datetime = strftime(this.#datetimeFormat, new Date(now));
      this.#current = this.#format.replaceAll('<DATETIME>', () => datetime);
    }
    return this.#current;
  }
}

/** `name` with the revision in it. */
export function withRevision(name: string, revision: number): string {
  return name.replaceAll('<REV>', `-${String(revision).padStart(6, '0')}`);
}

function formatFor(options: NamingOptions, { topic, hostname, pid }: NamingFacts): string {
  let format = options.filenameFormat;
  if (!options.revisions) format = format.replaceAll('<REV>', '');
  else if (!format.includes('<REV>')) throw new Error('missing <REV> in --filename-format when gzip, rotation, or work dir enabled');
  const host = hostOf(options.hostIdentifier, hostname);
  format = format
    .replaceAll('<TOPIC>', () => topic)
    .replaceAll('<HOST>', () => host)
    .replaceAll('<PID>', String(pid));
  return options.gzip && !format.endsWith('.gz') ? `${format}.gz` : format;
}

function hostOf(identifier: string, hostname: string): string {
  const [short = ''] = hostname.split('.');
  if (identifier === '') return short;
  return identifier.replaceAll('<SHORT_HOST>', () => short).replaceAll('<HOSTNAME>', () => hostname);
}
