import type { Connection } from '../connection/connection.js';
import {
  NsqAbortError,
  NsqClosedError,
  NsqConnectionError,
  NsqQueueFullError,
  NsqTimeoutError,
  type NsqError,
  type NsqServerError,
} from '../errors.js';
import { Ring } from '../ring.js';
import { Deferred, within } from '../wait.js';
import { AbortWatch } from './abort-watch.js';
import { Lane, type LaneOwner } from './lane.js';
import type { ProducerLimits } from './producer-options.js';
import type { Publish } from './publish.js';

/** Sweeps in one `publishTimeout`: so exact it is kept. */
const SWEEPS = 10;
const MAX_SWEEP_MS = 1_000;
const RETRIED_CODES: ReadonlySet<string> = new Set(['E_PUB_FAILED', 'E_MPUB_FAILED', 'E_DPUB_FAILED']);

export const producerClosed = (): NsqClosedError => new NsqClosedError('the producer is closed');

/** Brings publishes to connections and their answers back. Every publish that is accepted is settled in the end: one timer sees to all of them. */
export class Dispatcher implements LaneOwner {
  /** Why there is no connection: the `cause` of a publish that waited for one. */
  lastFailure: NsqError | null = null;
  readonly #limits: ProducerLimits;
  readonly #lanes: Lane[] = [];
  readonly #waiting = new Ring<Publish>();
  readonly #sweepMs: number;
  readonly #roomWaiters = new Set<Deferred>();
  readonly #aborts = new AbortWatch();
  #turn = 0; // the lane that was taken last
  #pending = 0; // publishes that are waiting or unanswered
  #pendingBytes = 0;
  #sweep = 0; // number of the current one
  #sweeper: NodeJS.Timeout | null = null;
  #closed = false;
  #idle: Deferred | null = null;

  constructor(limits: ProducerLimits) {
    this.#limits = limits;
    this.#sweepMs = Math.min(MAX_SWEEP_MS, Math.ceil(limits.publishTimeout / SWEEPS));
  }

  get pending(): number {
    return this.#pending;
  }

  get connections(): readonly string[] {
    return this.#lanes.map(({ connection }) => connection.address.text);
  }

  /** @throws {NsqError} when it is not accepted */
  accept(publish: Publish, signal: AbortSignal | undefined): void {
    if (this.#closed) throw producerClosed();
    if (signal?.aborted === true) throw new NsqAbortError(signal.reason);
    if (this.#full(publish.bytes)) {
      throw new NsqQueueFullError(`${this.#pending} publishes of ${this.#pendingBytes} bytes are unanswered: wait for ready()`);
    }
    if (signal !== undefined) this.#aborts.add(publish, signal);
    publish.dueSweep = this.#sweep + 1 + Math.ceil(this.#limits.publishTimeout / this.#sweepMs);
    this.#pending++;
    this.#pendingBytes += publish.bytes;
    if (this.#sweeper === null) this.#beginSweeping();
    const lane = this.#waiting.size === 0 ? this.#nextLane() : null;
    if (lane === null) this.#waiting.push(publish);
    else lane.send(publish);
  }

  /** Resolves when there is room for another publish. @throws {NsqError} `ERR_NSQ_CLOSED`, `ERR_NSQ_ABORTED` */
  async ready(signal: AbortSignal | undefined): Promise<void> {
    while (!this.#closed && this.#full(0)) {
      const waiter = new Deferred();
      this.#roomWaiters.add(waiter);
      try {
        await within(waiter.promise, { signal, what: 'room' });
      } finally {
        this.#roomWaiters.delete(waiter);
      }
    }
    if (this.#closed) throw producerClosed();
  }

  connected(connection: Connection): void {
    const lane = new Lane(connection, this);
    connection.start(lane);
    this.#lanes.push(lane);
    this.lastFailure = null;
    this.#pump();
  }

  disconnected(connection: Connection, error: NsqError | null): void {
    this.lastFailure = error;
    const index = this.#lanes.findIndex((lane) => lane.connection === connection);
    const [lane] = index < 0 ? [] : this.#lanes.splice(index, 1);
    if (lane !== undefined) this.#resend(lane, error);
    this.#pump();
  }

  /** Accepts no more and waits for the answers to what was accepted; rejects what has none when a limit is reached. */
  async close(timeout: number, signal: AbortSignal | undefined): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#roomWaiters) waiter.reject(producerClosed());
    if (this.#pending > 0) {
      this.#idle = new Deferred();
      await within(this.#idle.promise, { signal, timeout, what: 'close' }).catch(() => undefined);
    }
    for (const lane of this.#lanes) lane.forEach((publish) => publish.fail(producerClosed()));
    for (const publish of this.#waiting.drain()) this.#done(publish, producerClosed());
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
  }

  #full(bytes: number): boolean {
    const { maxPending, maxPendingBytes } = this.#limits;
    // One that is larger than all that may be pending goes by itself.
    return this.#pending >= maxPending || (this.#pending > 0 && this.#pendingBytes + bytes > maxPendingBytes);
  }

  /** Lanes in turn; one that has not answered in time only when there is no other. */
  #nextLane(): Lane | null {
    const lanes = this.#lanes;
    let suspect: Lane | null = null;
    for (let i = 0; i < lanes.length; i++) {
      this.#turn = this.#turn + 1 < lanes.length ? this.#turn + 1 : 0;
      const lane = lanes[this.#turn];
      if (lane?.usable !== true) continue;
      if (!lane.suspect) return lane;
      suspect ??= lane;
    }
    return suspect;
  }

  #pump(): void {
    while (this.#waiting.size > 0) {
      const lane = this.#nextLane();
      if (lane === null) return;
      const publish = this.#waiting.shift();
      if (publish === undefined) return;
      if (publish.settled) this.#release(publish);
      else lane.send(publish);
    }
  }

  answered(publish: Publish): void {
    publish.succeed();
    this.#release(publish);
  }

  refused(publish: Publish, error: NsqServerError): void {
    if (RETRIED_CODES.has(error.code) && publish.retries > 0 && !publish.settled) {
      publish.retries--;
      this.#waiting.unshift(publish);
    } else this.#done(publish, error);
  }

  laneHasRoom(): void {
    this.#pump();
  }

  #done(publish: Publish, error: NsqError): void {
    publish.fail(error);
    this.#release(publish);
  }

  /** It is neither waiting nor sent any more. */
  #release(publish: Publish): void {
    this.#pending--;
    this.#pendingBytes -= publish.bytes;
    if (this.#roomWaiters.size > 0 && !this.#full(0)) {
      for (const waiter of this.#roomWaiters) waiter.resolve();
    }
    if (this.#pending === 0) this.#idle?.resolve();
  }

  /** What was unanswered goes elsewhere, before what waits, or fails. */
  #resend(lane: Lane, error: NsqError | null): void {
    const { publishes, executed } = lane.abandon();
    for (const publish of publishes.toReversed()) {
      if (publish.settled) this.#release(publish);
      else if (!executed) this.#waiting.unshift(publish);
      else if (publish.retries > 0) {
        publish.retries--;
        this.#waiting.unshift(publish);
      } else this.#done(publish, lost(lane.connection.address.text, error));
    }
  }

  #beginSweeping(): void {
    this.#sweeper = setInterval(() => this.#sweepNow(), this.#sweepMs);
    this.#sweeper.unref();
  }

  /** The one timer of all publishes. */
  #sweepNow(): void {
    const sweep = ++this.#sweep;
    if (this.#pending === 0) {
      if (this.#sweeper !== null) clearInterval(this.#sweeper);
      this.#sweeper = null;
      return;
    }
    for (const lane of this.#lanes) {
      lane.forEach((publish) => {
        if (publish.settled || sweep < publish.dueSweep) return;
        lane.suspect = true;
        publish.fail(this.#timedOut(`no answer from ${lane.connection.address.text}`));
      });
    }
    for (const publish of this.#waiting.drain()) {
      if (!publish.settled && sweep >= publish.dueSweep) publish.fail(this.#timedOut('not connected'));
      if (publish.settled) this.#release(publish);
      else this.#waiting.push(publish);
    }
  }

  #timedOut(why: string): NsqTimeoutError {
    return new NsqTimeoutError(`publish: ${why} within ${this.#limits.publishTimeout} ms`, { cause: this.lastFailure ?? undefined });
  }
}

function lost(address: string, error: NsqError | null): NsqError {
  if (error?.code === 'ERR_NSQ_CONNECTION_LOST') return error;
  return new NsqConnectionError('ERR_NSQ_CONNECTION_LOST', 'lost before the answer', address, error ?? undefined);
}
