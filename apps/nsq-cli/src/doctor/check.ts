export type Status = 'ok' | 'warn' | 'fail';

/** What one look at something found. */
export interface Check {
  readonly status: Status;
  /** What was looked at: `nsqd 127.0.0.1:4151`, `topic orders`. */
  readonly subject: string;
  /** What was found, and what to do about it. */
  readonly text: string;
}

export const ok = (subject: string, text: string): Check => ({ status: 'ok', subject, text });
export const warn = (subject: string, text: string): Check => ({ status: 'warn', subject, text });
export const fail = (subject: string, text: string): Check => ({ status: 'fail', subject, text });
