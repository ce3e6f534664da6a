import { DiskqueueError } from './diskqueue-error.js';

const MAX_NAME_CHARACTERS = 64;
const NAME = /^[.a-zA-Z0-9_-]+(?:#ephemeral)?$/;
const SEPARATOR = /[:;]/;

/** The rule for the name of a topic or a channel. */
export type IsValidName = (name: string) => boolean;

/** Whose queue it is: a topic's own, or that of one of its channels. */
export interface QueueName {
  /** As the names of the files begin: `<topic>`, `<topic>:<channel>`, or `<topic>;<channel>` as on Windows. */
  readonly name: string;
  readonly topic: string;
  readonly channel: string | undefined;
}

/** The reference's rule for topics and channels: 1 to 64 of `.a-zA-Z0-9_-`, the suffix `#ephemeral` allowed and counted. */
export function isValidName(name: string): boolean {
  return name.length <= MAX_NAME_CHARACTERS && NAME.test(name);
}

/** The name as this platform writes it: with `;` on Windows, where a file name cannot hold a colon. Nothing is checked. */
export function formatQueueName(topic: string, channel?: string, platform: NodeJS.Platform = process.platform): string {
  return channel === undefined ? topic : `${topic}${platform === 'win32' ? ';' : ':'}${channel}`;
}

/** @throws {DiskqueueError} `E_NAME` when topic or channel is not valid */
export function parseQueueName(name: string, isValid: IsValidName = isValidName): QueueName {
  const queue = splitQueueName(name, isValid);
  if (queue === undefined) throw new DiskqueueError('E_NAME', JSON.stringify(name));
  return queue;
}

/** The same without an error: `undefined` for a name that is not valid. */
export function splitQueueName(name: string, isValid: IsValidName): QueueName | undefined {
  const [topic = '', channel, ...more] = name.split(SEPARATOR);
  if (more.length > 0 || !isValid(topic) || (channel !== undefined && !isValid(channel))) return undefined;
  return { name, topic, channel };
}
