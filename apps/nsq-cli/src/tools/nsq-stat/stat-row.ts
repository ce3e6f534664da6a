import type { ChannelTotals } from './channel-totals.js';

type Cell = number | string;
const WIDTHS = [
  [7, 7],
  [7, 7, 7, 5, 5],
  [7, 7, 12, 7],
] as const;

export const HEADER = `------rate------+----------------depth----------------+--------------metadata---------------
${row(['ingress', 'egress'], ['total', 'mem', 'disk', 'inflt', 'def'], ['req', 't-o', 'msgs', 'clients'])}`;

/** A line of the table: rates since the round before, the depths and counters of now. */
export function statRow(before: ChannelTotals, now: ChannelTotals, intervalMs: number): string {
  const perSecond = (count: number): number => Math.trunc(count / (intervalMs / 1_000));
  const messages = now.messages - before.messages;
  return row(
    [perSecond(messages), perSecond(messages - (now.depth - before.depth))],
    [now.depth, now.depth - now.backendDepth, now.backendDepth, now.inFlight, now.deferred],
    [now.requeued, now.timedOut, now.messages, now.clients],
  );
}

function row(...groups: readonly (readonly Cell[])[]): string {
  return groups.map((cells, i) => cells.map((cell, j) => String(cell).padStart(WIDTHS[i]?.[j] ?? 0)).join(' ')).join(' | ');
}
