import { connect, type Socket } from 'node:net';
import { FrameReader, FrameType, MAGIC_V2, NOP, encodeIdentify, isHeartbeat } from '@nsq/protocol';
import { within } from './exit.js';

const MAX_FRAME_BYTES = 2 * 1024 * 1024;
const CONNECT_MS = 5_000;
const UNASKED = /^E_(FIN|REQ)_FAILED /;

/** Where a daemon takes TCP clients. */
export interface TcpAddress {
  readonly host: string;
  readonly tcpPort: number;
}

/** What a connection hears. */
export interface WireEvents {
  /** A message frame's data: a view, valid during the call. */
  message?(data: Buffer): void;
  /** An error frame that answers a command of those that have no answer when all is well. */
  refused(error: string): void;
}

/** How a command was answered. A connection that breaks answers nothing. */
export type OnAnswer = (error: string | null) => void;

/** One connection to nsqd that sends ready commands and pairs answers with them, in order. */
export class Wire {
  /** Settles when the connection is gone, however it went. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #answers: OnAnswer[] = [];
  #answered = 0;
  #open = true;

  private constructor(socket: Socket, events: WireEvents) {
    this.#socket = socket;
    const reader = new FrameReader((type, data) => {
      if (type === FrameType.Message) events.message?.(data);
      else if (isHeartbeat(type, data)) this.send(NOP);
      else this.#answer(type === FrameType.Error ? data.toString() : null, events);
    }, MAX_FRAME_BYTES);
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    socket.on('error', () => undefined); // the daemon was killed: `closed` tells
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#open = false;
        resolve();
      });
    });
  }

  /** Connects and identifies. @throws {Error} when that fails or takes more than 5 s */
  static async open({ host, tcpPort }: TcpAddress, events: WireEvents): Promise<Wire> {
    const socket = connect({ host, port: tcpPort, noDelay: true });
    const wire = new Wire(socket, events);
    const identified = new Promise<void>((resolve, reject) => {
      void wire.closed.then(() => reject(new Error('the connection was closed')));
      socket.once('connect', () => {
        socket.write(MAGIC_V2);
        wire.ask(encodeIdentify({ client_id: 'e2e', heartbeat_interval: 10_000 }), (error) => {
          if (error === null) resolve();
          else reject(new Error(error));
        });
      });
    });
    try {
      await within(CONNECT_MS, 'connection', identified);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return wire;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Commands that wait for their answer. */
  get unanswered(): number {
    return this.#answers.length - this.#answered;
  }

  /** For commands that have no answer: FIN, REQ, RDY, NOP. */
  send(command: Buffer): void {
    if (this.#open) this.#socket.write(command);
  }

  ask(command: Buffer, onAnswer: OnAnswer): void {
    if (!this.#open) return;
    this.#answers.push(onAnswer);
    this.#socket.write(command);
  }

  /** What `act` sends goes out in one write. */
  together(act: () => void): void {
    this.#socket.cork();
    act();
    this.#socket.uncork();
  }

  /** Asks and waits. @throws {Error} with the error frame, or when the connection breaks */
  request(command: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.closed.then(() => reject(new Error('the connection was closed')));
      this.ask(command, (error) => {
        if (error === null) resolve();
        else reject(new Error(error));
      });
    });
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  #answer(error: string | null, events: WireEvents): void {
    const answer = this.#answers[this.#answered];
    if (answer === undefined || (error !== null && UNASKED.test(error))) {
      events.refused(error ?? 'OK to nothing');
      return;
    }
    if (++this.#answered === this.#answers.length) {
      this.#answers = [];
      this.#answered = 0;
    }
    answer(error);
  }
}
