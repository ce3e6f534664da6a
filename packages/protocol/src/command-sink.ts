/**
 * Where a CommandReader puts what it has read. A call means: the line is well-formed, the state allows it, names are valid, numbers are in
 * range, the body is complete. What is thrown here comes out of `push` and ends the reader, so answer errors that are not fatal without
 * throwing.
 *
 * A body is a range of `bytes`, which is memory of its own that the reader never writes to again: keep it as long as you like.
 * Ids are the two 32-bit halves, `NaN` where the client's 16 characters are no hex number; `bytes` and `at` locate them for error texts.
 */
export interface CommandSink {
  identify(body: Buffer): void;
  auth(secret: Buffer): void;
  sub(topic: string, channel: string): void;
  /** The message is 4 bytes of size at `at` and `size` bytes of body behind them. Several PUBs of one chunk share `bytes`. */
  pub(topic: string, bytes: Buffer, at: number, size: number): void;
  dpub(topic: string, deferMs: number, bytes: Buffer, at: number, size: number): void;
  /** The line of an MPUB is there; its body is not yet. */
  mpubBegin(topic: string): void;
  /** `count` messages from `at` to `end`, each 4 bytes of size and a body, one right behind the other. */
  mpub(bytes: Buffer, at: number, end: number, count: number): void;
  rdy(count: number): void;
  fin(idHi: number, idLo: number, bytes: Buffer, at: number): void;
  /** `delayMs` is already cut to the allowed range. */
  req(idHi: number, idLo: number, delayMs: number, bytes: Buffer, at: number): void;
  touch(idHi: number, idLo: number, bytes: Buffer, at: number): void;
  cls(): void;
  nop(): void;
}

/** What a server allows. Bytes, counts and milliseconds, inclusive. */
export interface CommandLimits {
  maxMsgSize: number;
  maxBodySize: number;
  maxRdyCount: number;
  maxReqTimeout: number;
}

/** How far a connection has come; the numbers are those of `/stats`. */
export const ConnectionState = { Init: 0, Subscribed: 3, Closing: 4 } as const;
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState];
