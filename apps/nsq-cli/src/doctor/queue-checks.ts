import type { Totals } from '../stat/totals.js';
import { grouped } from '../output/progress-line.js';
import { warn, type Check } from './check.js';

/** What is wrong with topics and channels, by two looks at them that are `seconds` apart. */
export function queueChecks(before: readonly Totals[], after: readonly Totals[], seconds: number): Check[] {
  const earlier = new Map(before.map((totals) => [keyOf(totals), totals]));
  const withChannels = new Set(after.filter(({ channel }) => channel !== null).map(({ topic }) => topic));
  return after.flatMap((totals): Check[] => {
    const { topic, channel, depth, clients, paused } = totals;
    const subject = channel === null ? `topic ${topic}` : `channel ${topic}/${channel}`;
    const name = channel === null ? topic : `${topic} ${channel}`;
    const again = channel === null ? 'topics' : 'channels';
    if (paused > 0) return depth === 0 ? [] : [warn(subject, `paused, ${messages(depth)} waiting; nsq ${again} unpause ${name}`)];
    const nobody = channel === null ? !withChannels.has(topic) : clients === 0;
    if (!nobody || depth === 0) return [];
    const grown = depth - (earlier.get(keyOf(totals))?.depth ?? depth);
    const growth = grown > 0 && seconds > 0 ? `, growing by ${grouped(Math.round(grown / seconds))}/s` : '';
    return [warn(subject, `${channel === null ? 'no channel' : 'no consumer'}, ${messages(depth)} waiting${growth}`)];
  });
}

const keyOf = ({ topic, channel }: Totals): string => `${topic} ${channel ?? ''}`;
const messages = (count: number): string => `${grouped(count)} message${count === 1 ? '' : 's'}`;
