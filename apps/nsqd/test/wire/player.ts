import { FrameType } from '@nsq/protocol';
import { type Codec, deflateCodec, snappyCodec } from '@nsq/snappy';
import { bytesToSend, difference, show, type Bindings, type BoundId } from './compare.js';
import { WireConnection } from './connection.js';
import type { ClosedByServerStep, Fixture, RecvRawStep, RecvStep, Session, SilenceStep, Step, Volatile } from './fixture.js';

/** Delays are recorded with the scan that found them, up to so much above the nominal delay, which is a multiple of it. */
const SCAN_MS = 100;
const CLOCK_SLACK_MS = 5;
/** Heartbeats tick freely: one that was read late makes the next look early. */
const HEARTBEAT_SLACK_MS = 250;
const HEARTBEAT = Buffer.from('_heartbeat_');
const LEFT_UPGRADE = Buffer.from('E_IDENTIFY_FAILED IDENTIFY failed EOF');

const SIZE_BYTES = 4;
/** Of a message inside a compression, where the recording does not mark it. */
const MESSAGE_VOLATILE: readonly Volatile[] = [
  { what: 'timestamp', offset: 8, length: 8 },
  { what: 'id', offset: 18, length: 16, name: 'compressed' },
];

/** The compression that a session's recorded IDENTIFY asks for. */
function codecOf({ name }: Session): Codec {
  return name.includes('snappy') ? snappyCodec() : deflateCodec(6);
}

/** How a recording is played. */
export interface PlayOptions {
  /** Names of ids, shared by sessions that overlap. Default: none are known yet. */
  readonly bindings?: Bindings;
  /** How the replies are framed. Default nsqd. */
  readonly server?: Fixture['server'];
  /** How long a reply, or an end, may take beyond its nominal time, milliseconds. Default 3,000: a busy machine is no defect. */
  readonly patienceMs?: number;
}

/** The server did not say what the reference said. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** Plays one recorded connection, step by step. Every byte that the server adds, omits or changes is a `Mismatch`. */
export class Player {
  readonly #session: Session;
  readonly #server: Fixture['server'];
  readonly #bindings: Bindings;
  readonly #connection: WireConnection;
  readonly #patienceMs: number;
  readonly #anyOrder: boolean;
  #next = 0;
  #lastSend = performance.now();
  #lastRecv = performance.now();
  #silence = 0; // waited on purpose since #lastRecv
  #late = 0; // how much later than recorded the last send was

  constructor(session: Session, address: { host: string; port: number }, options: PlayOptions = {}) {
    this.#session = session;
    this.#server = options.server ?? 'nsqd';
    this.#bindings = options.bindings ?? new Map<string, BoundId>();
    this.#patienceMs = options.patienceMs ?? 3_000;
    this.#anyOrder = session.note?.includes('in either order') === true;
    this.#connection = new WireConnection(address.host, address.port);
  }

  /** Plays the steps before index `end`, default all of them; goes on where the last call stopped. */
  async play(end = this.#session.steps.length): Promise<void> {
    while (this.#next < end) {
      const index = this.#next++;
      const step = this.#session.steps[index];
      if (step === undefined) return;
      try {
        await this.#step(step);
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error;
        throw new Mismatch(`${this.#session.name}, step ${index}: ${error.message}`);
      }
    }
  }

  destroy(): void {
    this.#connection.destroy();
  }

  async #step(step: Step): Promise<void> {
    if ('send' in step) {
      if (this.#connection.unread.length > 0) throw new Mismatch(`unexpected ${show(this.#connection.unread)}`);
      this.#lastSend = performance.now();
      this.#late = this.#lastSend - this.#lastRecv - this.#silence;
      this.#connection.send(bytesToSend(step, this.#bindings));
    } else if ('recv' in step) {
      await (this.#anyOrder ? this.#recvInAnyOrder([step, ...this.#recvStepsThatFollow()]) : this.#recv(step));
      this.#lastRecv = performance.now();
      this.#silence = 0;
    } else if ('send_raw' in step) {
      this.#connection.send(Buffer.from(step.send_raw, 'base64'));
    } else if ('recv_raw' in step) {
      await this.#recvRaw(step);
    } else if ('nothing_received_for_ms' in step) {
      await this.#silent(step);
      this.#silence += step.nothing_received_for_ms;
    } else if ('closed_by_server' in step) {
      await this.#closed(step);
    } else if ('close_by_client' in step) {
      await this.#close();
    } else {
      throw new Error(`a step that the player does not know: ${Object.keys(step).join(', ')}`);
    }
  }

  /** Compares frame by frame what comes out of the compression. */
  async #recvRaw({ decoded }: RecvRawStep): Promise<void> {
    this.#connection.decompress(codecOf(this.#session).decompressor);
    let rest = Buffer.from(decoded, 'base64');
    while (rest.length > 0) {
      const size = SIZE_BYTES + rest.readUInt32BE(0);
      const frame = rest.subarray(0, size);
      rest = rest.subarray(size);
      const message = frame.readInt32BE(SIZE_BYTES) === FrameType.Message;
      await this.#recv({ recv: frame.toString('base64'), ...(message ? { volatile: MESSAGE_VOLATILE } : {}) });
    }
  }

  #recvStepsThatFollow(): RecvStep[] {
    const rest = this.#session.steps.slice(this.#next);
    const other = rest.findIndex((step) => !('recv' in step));
    const run = rest.slice(0, other < 0 ? rest.length : other).filter((step): step is RecvStep => 'recv' in step);
    this.#next += run.length;
    return run;
  }

  async #recv(step: RecvStep): Promise<void> {
    const reply = await this.#reply(step);
    if (reply === null) return;
    const problem = difference(step, reply, this.#bindings, this.#server);
    if (problem !== null) {
      if (step.optional === true) return;
      throw new Mismatch(problem);
    }
    this.#connection.take(reply);
    this.#checkElapsed(step, reply.includes(HEARTBEAT) ? HEARTBEAT_SLACK_MS : CLOCK_SLACK_MS);
  }

  /** Receives as many replies as there are steps, each of which must be the answer to a different one. */
  async #recvInAnyOrder(steps: RecvStep[]): Promise<void> {
    for (let [step] = steps; step !== undefined; [step] = steps) {
      const reply = await this.#reply(step);
      const match = steps.find((each) => reply !== null && difference(each, reply, new Map(this.#bindings), this.#server) === null) ?? step;
      await this.#recv(match);
      steps.splice(steps.indexOf(match), 1);
    }
  }

  /** The next reply, still to be taken; null when an optional one does not come. */
  async #reply(step: RecvStep): Promise<Buffer | null> {
    const reply = await this.#connection.peek((step.elapsed_ms_since_last_send ?? 0) + this.#patienceMs);
    if (reply !== null || step.optional === true) return reply;
    const why = this.#connection.ended ? 'the server closed' : 'nothing came in time';
    throw new Mismatch(`expected ${show(Buffer.from(step.recv, 'base64'))}, but ${why}; unread ${show(this.#connection.unread)}`);
  }

  async #silent(step: SilenceStep): Promise<void> {
    if (!(await this.#connection.event(step.nothing_received_for_ms))) return;
    throw new Mismatch(`expected silence, got ${this.#connection.ended ? 'an end' : show(this.#connection.unread)}`);
  }

  async #closed(step: ClosedByServerStep): Promise<void> {
    const ended = await this.#connection.end((step.elapsed_ms_since_last_send ?? 0) + this.#patienceMs);
    if (this.#connection.unread.length > 0) throw new Mismatch(`expected an end, got ${show(this.#connection.unread)}`);
    if (!ended) throw new Mismatch('the server did not close');
    this.#checkElapsed(step, CLOCK_SLACK_MS);
    this.#connection.destroy();
  }

  /** Half-closes and reads to the end, so that a byte too many is seen however late it comes. */
  async #close(): Promise<void> {
    this.#connection.finish();
    const ended = await this.#connection.end(this.#patienceMs);
    // The recorded client closed both ways, and did not hear what is said to one that leaves in the middle of an upgrade.
    if (this.#connection.unread.length > 0 && !this.#connection.unread.includes(LEFT_UPGRADE))
      throw new Mismatch(`unexpected ${show(this.#connection.unread)}`);
    if (!ended) throw new Mismatch('the server did not close after the client had');
    this.#connection.destroy();
  }

  #checkElapsed(step: RecvStep | ClosedByServerStep, slack: number): void {
    const recorded = step.elapsed_ms_since_last_send;
    if (recorded === undefined) return;
    const nominal = Math.floor((recorded + CLOCK_SLACK_MS) / SCAN_MS) * SCAN_MS;
    const elapsed = performance.now() - this.#lastSend;
    if (elapsed < nominal - Math.max(0, this.#late) - slack) throw new Mismatch(`came after ${elapsed.toFixed(1)} ms, nominal ${nominal}`);
    if (elapsed > nominal + SCAN_MS + this.#patienceMs) throw new Mismatch(`came only after ${elapsed.toFixed(1)} ms, nominal ${nominal}`);
  }
}
