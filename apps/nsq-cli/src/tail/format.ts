import { isUtf8 } from 'node:buffer';
import type { Message } from '@nsq/client';

const NEWLINE = Buffer.from('\n');
const NS_PER_SECOND = 1_000_000_000n;
const MS_PER_SECOND = 1000n;

/** The bytes that `nsq tail` prints for a message. */
export type Format = (topic: string, message: Message) => readonly Uint8Array[];

/** The body as it is, and a line end. */
export const plain: Format = (_, { body }) => [body, NEWLINE];

export const withTopic: Format = (topic, { body }) => [Buffer.from(`${topic} | `), body, NEWLINE];

/** One line of JSON; a body that is no UTF-8 is in `bodyBase64`. */
export const json: Format = (topic, { id, attempts, timestamp, body }) => {
  const content = isUtf8(body) ? { body: body.toString() } : { bodyBase64: body.toString('base64') };
  return [Buffer.from(`${JSON.stringify({ topic, id, attempts, timestamp: formatTime(timestamp), ...content })}\n`)];
};

/** Nanoseconds of Unix time as `2026-11-22T13:40:23.983695123Z`. */
export function formatTime(timestamp: bigint): string {
  const seconds = timestamp / NS_PER_SECOND;
  const fraction = (timestamp % NS_PER_SECOND).toString().padStart(9, '0');
  return `${new Date(Number(seconds * MS_PER_SECOND)).toISOString().slice(0, -5)}.${fraction}Z`;
}
