import { getSystemErrorMap } from 'node:util';

/** Where the reference's words differ from those of Node. */
const WORDS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'cannot assign requested address',
  EAGAIN: 'resource temporarily unavailable',
  EISDIR: 'is a directory',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in system',
};

/**
 * The operating system's words for an error of Node, as the reference prints them: `no such file or directory`. The message of the
 * error when it is not one of the system's.
 */
export function systemErrorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { code, errno, message } = error as Partial<NodeJS.ErrnoException>;
  const word = code === undefined ? undefined : WORDS[code];
  if (word !== undefined) return word;
  if (typeof errno === 'number') {
    const known = getSystemErrorMap().get(errno);
    if (known !== undefined) return known[1];
  }
  return message ?? 'unknown error';
}
