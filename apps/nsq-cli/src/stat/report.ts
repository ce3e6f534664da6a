import { NsqError } from '@nsq/client';
import { CliError } from '../cli-error.js';
import type { Cluster, Problem } from '../cluster/cluster.js';
import type { Column } from '../output/table.js';
import { ratesOf, totalsOf, type Rates, type Totals } from './totals.js';

/** A line of a report. */
export interface StatRow extends Totals {
  readonly rates: Rates | null;
}

export interface Report {
  readonly time: Date;
  readonly rows: readonly StatRow[];
  readonly nsqds: number;
  /** Daemons that could not be asked: what they have is missing. */
  readonly problems: readonly Problem[];
}

const rate = (value: number | undefined): string => (value === undefined ? '-' : String(value));

export const STAT_COLUMNS: readonly Column<StatRow>[] = [
  { title: 'TOPIC', value: ({ topic }) => topic },
  { title: 'CHANNEL', value: ({ channel }) => channel ?? '-' },
  { title: 'DEPTH', value: ({ depth }) => depth },
  { title: 'DISK', value: ({ backendDepth }) => backendDepth },
  { title: 'IN FLIGHT', value: ({ inFlight, channel }) => (channel === null ? '-' : inFlight), right: true },
  { title: 'DEFERRED', value: ({ deferred, channel }) => (channel === null ? '-' : deferred), right: true },
  { title: 'REQUEUED', value: ({ requeued, channel }) => (channel === null ? '-' : requeued), right: true },
  { title: 'TIMED OUT', value: ({ timedOut, channel }) => (channel === null ? '-' : timedOut), right: true },
  { title: 'MESSAGES', value: ({ messages }) => messages },
  { title: 'IN/S', value: ({ rates }) => rate(rates?.in), right: true },
  { title: 'OUT/S', value: ({ rates }) => rate(rates?.out), right: true },
  { title: 'CLIENTS', value: ({ clients, channel }) => (channel === null ? '-' : clients), right: true },
  { title: 'PAUSED', value: ({ paused, nsqds }) => (paused === 0 ? '-' : paused === nsqds ? 'yes' : `${paused} of ${nsqds}`) },
];

/** Makes reports, each with the rates since the one before. */
export class Reporter {
  readonly #cluster: Cluster;
  readonly #topic: string | undefined;
  readonly #channel: string | undefined;
  #before = new Map<string, Totals>();
  #askedAt = 0;

  constructor(cluster: Cluster, topic: string | undefined, channel: string | undefined) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#channel = channel;
  }

  /** @throws {CliError} when nobody can be asked */
  async next(signal: AbortSignal): Promise<Report> {
    const { stats, problems } = await this.#cluster.stats({ ...(this.#topic !== undefined && { topic: this.#topic }) }, signal);
    if (signal.aborted) throw new NsqError('ERR_NSQ_ABORTED', 'interrupted');
    if (stats.length === 0 && problems.length > 0) throw new CliError(problems[0]?.message ?? '');
    const askedAt = performance.now();
    const seconds = (askedAt - this.#askedAt) / 1000;
    const totals = totalsOf(stats.map((one) => one.stats)).filter(
      ({ channel }) => this.#channel === undefined || channel === this.#channel,
    );
    const rows = totals.map((row) => ({ ...row, rates: ratesOf(row, this.#before.get(keyOf(row)), seconds) }));
    this.#before = new Map(totals.map((row) => [keyOf(row), row]));
    this.#askedAt = askedAt;
    return { time: new Date(), rows, nsqds: stats.length, problems };
  }
}

const keyOf = ({ topic, channel }: Totals): string => `${topic} ${channel ?? ''}`;
