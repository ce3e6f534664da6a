import { EpsilonGreedy } from './epsilon-greedy.js';
import { HealthyHosts } from './healthy-hosts.js';
import { RoundRobin, type HostPool } from './host-pool.js';

export const POOL_MODES = ['hostpool', 'round-robin', 'epsilon-greedy'] as const;

/** @returns null for a mode that is none of `POOL_MODES` */
export function createHostPool(mode: string, count: number): HostPool | null {
  if (mode === 'hostpool') return new HealthyHosts(count);
  if (mode === 'round-robin') return new RoundRobin(count);
  return mode === 'epsilon-greedy' ? new EpsilonGreedy(count) : null;
}
