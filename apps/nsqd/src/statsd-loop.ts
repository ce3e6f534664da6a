import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorText, type Logger } from '@nsq/service';
import { collectStats, type StatsSnapshot, type StatsSource } from './stats/snapshot.js';
import { packLines, statsdLines, type StatsdFormat } from './stats/statsd-lines.js';
import { openUdp, type StatsdSocket } from './statsd-socket.js';

/** How much of the interval no packets are sent in: the time for the next snapshot. Milliseconds. */
const RESERVE_MS = 1000;

/** The longest wait that a timer of Node takes, milliseconds. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** Time, handed in. */
export interface StatsdTimer {
  /** Milliseconds that only go forward, from any origin. */
  now(): number;
  /** Waits so many milliseconds. True afterwards; false, at once, when the signal is aborted. Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<boolean>;
}

const systemTimer: StatsdTimer = {
  now: () => performance.now(),
  pause: (ms, signal) =>
    sleep(Math.max(0, ms), undefined, { signal }).then(
      () => true,
      () => false,
    ),
};

export interface StatsdSetup extends StatsdFormat {
  readonly source: StatsSource;
  readonly logger: Logger;
  /** `host:port`, resolved anew for each push. */
  readonly address: string;
  /** Milliseconds between pushes, more than 1000. */
  readonly interval: number;
  /** Bytes in a datagram; 0 or less means 4096. */
  readonly packetBytes: number;
  readonly memoryStats: boolean;
  /** @default UDP */
  readonly open?: (address: string) => Promise<StatsdSocket>;
  readonly timer?: StatsdTimer;
}

/**
 * Pushes statistics to statsd once an interval, the first time after one. The packets of a push are spread over the interval, so that a
 * large daemon does not flood statsd. Whatever fails is logged and tried again with the next push.
 */
export class StatsdLoop {
  readonly #setup: StatsdSetup;
  readonly #open: (address: string) => Promise<StatsdSocket>;
  readonly #timer: StatsdTimer;
  readonly #interval: number;
  #base: StatsSnapshot | null = null;

  constructor(setup: StatsdSetup) {
    this.#setup = setup;
    this.#open = setup.open ?? openUdp;
    this.#timer = setup.timer ?? systemTimer;
    this.#interval = Math.min(setup.interval, MAX_WAIT_MS);
  }

  async run(signal: AbortSignal): Promise<void> {
    let due = this.#timer.now() + this.#interval;
    while (await this.#timer.pause(due - this.#timer.now(), signal)) {
      await this.#push(signal);
      due = Math.max(due + this.#interval, this.#timer.now());
    }
    this.#setup.logger.info('STATSD: closing');
  }

  async #push(signal: AbortSignal): Promise<void> {
    const { address, logger } = this.#setup;
    let socket: StatsdSocket;
    try {
      socket = await this.#open(address);
    } catch (error) {
      logger.error(`failed to create UDP socket to statsd(${address}) - ${systemErrorText(error)}`);
      return;
    }
    logger.info(`STATSD: pushing stats to ${address}`);
    const failures = new SendFailures();
    try {
      const packets = await this.#packets();
      await this.#send(socket, packets, failures, signal);
    } catch (error) {
      logger.error(`STATSD: push failed - ${systemErrorText(error)}`);
    }
    await socket.close();
    if (failures.count > 0) {
      logger.warn(`STATSD: ${failures.count} packet(s) could not be sent to ${address} - ${systemErrorText(failures.last)}`);
    }
  }

  /** A snapshot, which also is what the next one is compared with. */
  async #packets(): Promise<string[]> {
    const { source, memoryStats, packetBytes } = this.#setup;
    const snapshot = await collectStats(source, { topic: '', channel: '', includeClients: false, includeMemory: memoryStats });
    const packets = await packLines(statsdLines(snapshot, this.#base, this.#setup), packetBytes);
    this.#base = snapshot;
    return packets;
  }

  /** The first packet at once, then one after each equal part of the spread. Once the signal is aborted the rest goes without pauses. */
  async #send(socket: StatsdSocket, packets: readonly string[], failures: SendFailures, signal: AbortSignal): Promise<void> {
    const spread = Math.max(0, this.#interval - RESERVE_MS);
    if (packets.length === 0) {
      await this.#timer.pause(spread, signal);
      return;
    }
    const begun = this.#timer.now();
    let sent = 0;
    for (const packet of packets) {
      socket.send(packet, failures.note);
      sent++;
      // By the schedule, not by the pause: timers are too coarse for thousands of packets.
      const wait = begun + (spread * sent) / packets.length - this.#timer.now();
      if (wait > 0 && !signal.aborted) await this.#timer.pause(wait, signal);
    }
  }
}

class SendFailures {
  count = 0;
  last: Error | null = null;

  readonly note = (error: Error | null): void => {
    if (error === null) return;
    this.count++;
    this.last = error;
  };
}
