import type { Message } from '@nsq/client';
import * as format from './format.js';

const message = (body: Buffer): Message =>
  ({ id: '0123456789abcdef', attempts: 2, timestamp: 1_795_355_008_000_000_042n, body }) as unknown as Message;
const text = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString('latin1');

it('prints a body as it is', () => {
  expect(text(format.plain('t', message(Buffer.from([0, 255, 10]))))).toBe('\u0000\u00ff\n\n');
  expect(text(format.withTopic('t', message(Buffer.from('x'))))).toBe('t | x\n');
});

it('prints JSON on one line, and bytes that are no text as base64', () => {
  const head = { topic: 't', id: '0123456789abcdef', attempts: 2, timestamp: '2026-11-22T13:43:28.000000042Z' };
  expect(text(format.json('t', message(Buffer.from('a\nb'))))).toBe(`${JSON.stringify({ ...head, body: 'a\nb' })}\n`);
  expect(JSON.parse(text(format.json('t', message(Buffer.from([255])))))).toEqual({ ...head, bodyBase64: '/w==' });
});
