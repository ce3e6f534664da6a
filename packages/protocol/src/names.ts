import { ProtocolError } from './errors.js';
import { quote } from './quote.js';

const EPHEMERAL = '#ephemeral';
const MAX_NAME_BYTES = 64;
const PATTERN = /^[.a-zA-Z0-9_-]+(?:#ephemeral)?$/;

/** Whether `name` may be a topic or channel: 1-64 of `.a-zA-Z0-9_-`, the suffix `#ephemeral` allowed and counted. */
export function isValidName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_NAME_BYTES && PATTERN.test(name);
}

/** Ephemeral topics and channels live in memory only and go away with their last channel or consumer. */
export function isEphemeral(name: string): boolean {
  return name.endsWith(EPHEMERAL);
}

// For encoders: a name with a space or a line feed in it would be read as further parameters or commands.

/** @throws {ProtocolError} `E_BAD_TOPIC` */
export function validTopic(command: string, name: string): string {
  if (isValidName(name)) return name;
  throw new ProtocolError('E_BAD_TOPIC', `${command} topic name ${quote(Buffer.from(name))} is not valid`);
}

/** @throws {ProtocolError} `E_BAD_CHANNEL` */
export function validChannel(command: string, name: string): string {
  if (isValidName(name)) return name;
  throw new ProtocolError('E_BAD_CHANNEL', `${command} channel name ${quote(Buffer.from(name))} is not valid`);
}
