import { InvalidArgumentError } from 'commander';
import { isValidName } from '@nsq/client';

const RULE = '1 to 64 letters, digits, dots, dashes and underscores; #ephemeral may follow.';

const nameOf =
  (what: string) =>
  (text: string): string => {
    if (!isValidName(text)) throw new InvalidArgumentError(`It is no valid ${what} name: ${RULE}`);
    return text;
  };

/** Parser of an argument or option. */
export const topicName = nameOf('topic');
export const channelName = nameOf('channel');

/** For arguments of which there may be several. */
export const topicNames = (text: string, all: readonly string[] = []): readonly string[] => [...all, topicName(text)];
export const channelNames = (text: string, all: readonly string[] = []): readonly string[] => [...all, channelName(text)];
