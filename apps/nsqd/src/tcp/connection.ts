import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { CommandReader, ConnectionState, FrameType, HEARTBEAT_FRAME, MAGIC_V2, OK_FRAME, ProtocolError, encodeFrame } from '@nsq/protocol';
import type { Logger } from '@nsq/service';
import type { Codec } from '@nsq/snappy';
import type { Authorizer } from '../auth/authorizer.js';
import type { NsqdOptions } from '../options.js';
import type { Channel } from '../queue/channel.js';
import type { Engine } from '../queue/engine.js';
import type { Topic } from '../queue/topic.js';
import { tlsNames, type TlsNames } from '../tls/tls-names.js';
import type { TlsServers } from '../tls/tls-servers.js';
import { ClientSettings } from './client-settings.js';
import { Commands } from './commands.js';
import { ConnectionClock, type ClockEvents } from './connection-clock.js';
import { Output } from './output.js';
import { OutputWatch } from './output-watch.js';
import { Responses } from './responses.js';
import type { Transport } from './transport.js';
import type { Flushable, TurnLoop } from './turn-loop.js';
import type { Layers } from './upgrades/layers.js';
import { Upgrade, type Upgradable } from './upgrades/upgrade.js';

/** Unsent answers from which on nothing more is read: a client that sends and never reads is held back, not buffered for. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** How long a connection that ends waits for the other side: its error frame would be lost to a reset. Milliseconds. */
const LINGER_MS = 1000;
/** Commands without an answer from which on nothing more is read. */
const MAX_WAITING = 1024;
/** How long a connection that ends waits with output that does not flow, where no heartbeat interval says so. Milliseconds. */
const STUCK_MS = 30_000;

/** Why nothing is read for now: too much is unsent, unanswered or not stored, the transport changes, or a command takes time. */
const Hold = { Output: 1, Answers: 2, Storage: 4, Upgrade: 8, Command: 16 } as const;

/** What all connections share. */
export interface ConnectionContext {
  readonly engine: Engine;
  readonly turns: TurnLoop;
  readonly options: NsqdOptions;
  readonly logger: Logger;
  readonly version: string;
  /** Null without a certificate. */
  readonly tls: TlsServers | null;
  /** Null when everybody may do everything. */
  readonly authorizer: Authorizer | null;
  /** Commands but IDENTIFY need TLS. */
  readonly tlsRequired: boolean;
  /** Until a channel is sure to be there after a crash, as far as --durability asks for that; null when it is. Rejects with why it is not. */
  readonly kept: (channel: Channel) => Promise<void> | null;
}

/**
 * One TCP client: magic, then commands until either side ends it. This class moves bytes and keeps time; what commands do is in Commands,
 * how TLS and compression get between the socket and it is in Upgrade.
 */
export class Connection implements ClockEvents, Flushable, Upgradable {
  readonly id: number;
  /** Plain bytes: the client's socket, or the topmost layer on it. */
  socket: Transport;
  readonly output: Output;
  readonly responses = new Responses();
  readonly reader: CommandReader;
  readonly settings: ClientSettings;
  readonly commands: Commands;
  readonly connectedAt: number; // milliseconds since the Unix epoch
  readonly remoteAddress: string;
  /** Null without TLS. */
  tls: TlsNames | null = null;
  compression: Codec['name'] | null = null;
  /** Layers are in, or on their way: there are no others after them. */
  layered = false;
  readonly #client: Socket;
  readonly #context: ConnectionContext;
  readonly #onGone: (connection: Connection) => void;
  #magic: Buffer | null = Buffer.alloc(0); // null once it is right
  #deaf = false; // nothing that comes is read any more
  #ended = false; // nothing goes out any more either
  #held = 0; // why nothing is read for now: a set of Hold
  #flushWanted = false;
  readonly #clock: ConnectionClock;
  readonly #outputWatch: OutputWatch;
  #lingering: NodeJS.Timeout | undefined;
  #upgrade: Upgrade | null = null; // under way: no heartbeats

  constructor(id: number, socket: Socket, remoteAddress: string, context: ConnectionContext, onGone: (connection: Connection) => void) {
    this.id = id;
    this.socket = socket;
    this.#client = socket;
    this.remoteAddress = remoteAddress;
    this.#context = context;
    this.#onGone = onGone;
    this.connectedAt = context.engine.wallTime();
    this.output = new Output(socket);
    this.settings = new ClientSettings(socket.remoteAddress ?? '', context.options);
    this.commands = new Commands(this, context);
    this.reader = new CommandReader(this.commands, context.options);
    this.reader.tlsMissing = context.tlsRequired;
    this.#clock = new ConnectionClock(context.engine, () => this.settings.heartbeatInterval, this);
    this.#outputWatch = new OutputWatch(context.engine);
  }

  get state(): ConnectionState {
    return this.reader.state;
  }

  /** Begins to read. */
  open(): void {
    this.#listen(this.socket);
    this.socket.resume();
  }

  readonly #onData = (chunk: Buffer): void => this.#receive(chunk);
  readonly #onEnd = (): void => this.#receiveEnd();
  readonly #onDrain = (): void => this.#drained();
  readonly #onClose = (): void => this.#closed();

  #listen(socket: Transport): void {
    socket.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#onDrain).on('close', this.#onClose);
    socket.on('error', (error) => {
      this.#context.logger.debug(`TCP: client(${this.remoteAddress}) - ${error.message}`);
      // TLS that cannot be read on stays open otherwise.
      socket.destroy();
    });
  }

  // ---- input

  #receive(chunk: Buffer): void {
    if (this.#deaf) return;
    const { engine, turns } = this.#context;
    engine.tick();
    this.#carryOut(() => {
      const rest = this.#magic === null ? chunk : this.#readMagic(this.#magic, chunk);
      if (rest === null) return;
      const before = this.reader.completed;
      this.reader.push(rest);
      this.commands.endOfChunk();
      if (this.reader.completed !== before && this.#held === 0) this.#clock.commandCame();
    });
    turns.parsed(chunk.length);
  }

  /** Does what commands ask for, and holds back who asks for too much. */
  #carryOut(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fail(error);
    }
    if (this.socket.writableLength > MAX_UNSENT_BYTES) this.#hold(Hold.Output);
    if (this.responses.waiting > MAX_WAITING) {
      this.#hold(Hold.Answers);
      this.responses.after(() => this.#release(Hold.Answers));
    }
  }

  /** Collects the four bytes. What follows them, or null when they are not all there. */
  #readMagic(known: Buffer, chunk: Buffer): Buffer | null {
    const bytes = known.length === 0 ? chunk : Buffer.concat([known, chunk]);
    if (bytes.length < MAGIC_V2.length) {
      this.#magic = bytes;
      return null;
    }
    if (!bytes.subarray(0, MAGIC_V2.length).equals(MAGIC_V2)) {
      this.#context.logger.error(`TCP: client(${this.remoteAddress}) bad protocol magic`);
      throw new ProtocolError('E_BAD_PROTOCOL', '');
    }
    this.#magic = null;
    this.restartTimers();
    return bytes.subarray(MAGIC_V2.length);
  }

  #receiveEnd(): void {
    if (this.#deaf) return;
    const error = this.#magic === null ? this.reader.end() : undefined;
    if (error !== undefined) {
      this.fail(error);
      return;
    }
    this.#deaf = true;
    this.responses.after(() => this.end());
  }

  /** An error ends the connection after its frame; a non-fatal one has been answered where it arose. */
  fail(cause: unknown): void {
    if (this.#ended) return;
    let error = cause;
    try {
      // What came before the error was right and is carried out.
      this.commands.endOfChunk();
    } catch (earlier) {
      error = earlier;
    }
    this.#deaf = true;
    if (error instanceof ProtocolError) {
      const refusal = error;
      this.#context.logger.error(`TCP: client(${this.remoteAddress}) - ${refusal.message}`);
      this.responses.after(() => {
        if (!refusal.silent) this.#sendError(refusal);
        this.end();
      });
      return;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#context.logger.error(`TCP: client(${this.remoteAddress}) internal error - ${text}`);
    this.destroy();
  }

  // ---- output

  /** Has the output written at the end of the turn. */
  wantFlush(): void {
    if (this.#flushWanted) return;
    this.#flushWanted = true;
    this.#context.turns.addOutput(this);
  }

  flush(): void {
    this.#flushWanted = false;
    this.output.flushInTurn();
  }

  /** Answers a command, behind the answers to those before it. */
  respond(data: Buffer | string): void {
    this.respondFrame(encodeFrame(FrameType.Response, data));
  }

  respondError(error: ProtocolError): void {
    this.responses.after(() => this.#sendError(error));
  }

  respondFrame(frame: Buffer): void {
    this.responses.after(() => this.#sendFrame(frame));
  }

  #sendError(error: ProtocolError): void {
    this.#sendFrame(encodeFrame(FrameType.Error, error.data));
  }

  #sendFrame(frame: Buffer): void {
    this.output.append(frame);
    this.wantFlush();
  }

  /** Reads no more while what this client publishes to waits to be stored. */
  holdBackFor(topic: Topic): void {
    if (this.#held & Hold.Storage) return;
    this.#hold(Hold.Storage);
    topic.whenRelieved(() => this.#release(Hold.Storage));
  }

  /** Reads no more until it is released. No command is awaited meanwhile, so there is no deadline for one. */
  #hold(reason: number): void {
    if (this.#deaf) return;
    this.#held |= reason;
    this.socket.pause();
    this.#clock.awaitNothing();
  }

  #release(reason: number): void {
    if ((this.#held & reason) === 0) return;
    this.#held &= ~reason;
    if (this.#held !== 0) return;
    this.#context.engine.tick();
    if (!this.#deaf) this.restartReadDeadline();
    this.socket.resume();
  }

  /**
   * To be called when a command takes time: no other one is read until what this returns is called, with what the command then does. That
   * may throw as a command may.
   */
  suspend(): (act: () => void) => void {
    this.reader.pause();
    this.#hold(Hold.Command);
    return (act) => {
      if (this.#deaf) return;
      this.#release(Hold.Command);
      this.#context.engine.tick();
      this.#carryOut(() => {
        act();
        if ((this.#held & Hold.Command) !== 0) return; // it takes yet more time
        this.reader.resume();
        this.commands.endOfChunk();
      });
    };
  }

  #drained(): void {
    this.output.full = false;
    this.#release(Hold.Output);
    this.commands.drained();
  }

  // ---- layers

  /** Answers an IDENTIFY, then puts the layers in that the answer speaks of. Until they are, nothing is read and no heartbeat is sent. */
  upgrade(answer: string, layers: Layers): void {
    const upgrade = new Upgrade(layers, this);
    this.#upgrade = upgrade;
    this.layered = true;
    this.reader.pause();
    this.#hold(Hold.Upgrade);
    this.responses.after(() => {
      this.output.flush();
      // TLS writes past what the socket has not handed to the kernel.
      this.socket.write(encodeFrame(FrameType.Response, answer), () => this.#startUpgrade(upgrade));
    });
  }

  #startUpgrade(upgrade: Upgrade): void {
    if (this.#ended) return;
    const rest = this.reader.takeRest();
    this.socket.off('data', this.#onData).off('end', this.#onEnd);
    if (rest.length > 0) this.socket.unshift(rest);
    upgrade.start(this.#client, this.#context.tls);
  }

  secured(socket: TLSSocket): void {
    this.tls = tlsNames(socket);
    this.reader.tlsMissing = false;
    this.#layer(socket);
  }

  compressed(socket: Transport, name: Codec['name']): void {
    this.compression = name;
    this.#layer(socket);
  }

  #layer(socket: Transport): void {
    this.socket.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain).off('close', this.#onClose);
    this.socket = socket;
    socket.pause();
    this.#listen(socket);
    this.output.redirect(socket);
    this.output.append(OK_FRAME);
    this.output.flush();
  }

  upgraded(): void {
    this.#upgrade = null;
    this.reader.resume();
    this.#release(Hold.Upgrade);
  }

  upgradeFailed(error: Error): void {
    this.#upgrade = null;
    this.fail(new ProtocolError('E_IDENTIFY_FAILED', `IDENTIFY failed ${error.message}`, { cause: error }));
  }

  damaged(error: Error): void {
    this.#context.logger.error(`TCP: client(${this.remoteAddress}) - failed to read command - ${error.message}`);
  }

  // ---- time

  /** Heartbeats and the read deadline count from now, by the interval that the settings say. */
  restartTimers(): void {
    this.#outputWatch.restart();
    this.#clock.restart();
  }

  /** A command line is awaited from now on, twice the heartbeat interval long. */
  restartReadDeadline(): void {
    this.#clock.awaitCommand();
  }

  beat(): void {
    if (this.#outputWatch.isStuck(this.socket, this.settings.heartbeatInterval)) {
      this.#context.logger.error(`TCP: client(${this.remoteAddress}) takes no data, closing`);
      this.#leave();
      this.socket.destroy();
      return;
    }
    if (this.#upgrade === null) this.#sendFrame(HEARTBEAT_FRAME);
  }

  silent(): void {
    if (this.reader.paused) return;
    const error = this.reader.end();
    this.#context.logger.error(`TCP: client(${this.remoteAddress}) - read timed out`);
    if (error === undefined) this.destroy();
    else this.fail(error);
  }

  // ---- the end

  /** Sends what is to be sent, as long as that flows, then closes. What the client still sends is read and dropped for a moment. */
  end(): void {
    if (this.#ended) return;
    this.#leave();
    this.socket.end();
    this.socket.resume();
    this.#linger();
  }

  #linger(): void {
    this.#lingering = setTimeout(() => {
      this.#context.engine.tick();
      const limit = this.settings.heartbeatInterval || STUCK_MS;
      if (this.socket.writableFinished || this.#outputWatch.isStuck(this.socket, limit)) this.socket.destroy();
      else this.#linger();
    }, LINGER_MS);
  }

  /** Closes as soon as the output is sent, for which there is a moment. */
  destroy(): void {
    this.#leave();
    if (this.socket.destroyed) return;
    this.#lingering = setTimeout(() => this.socket.destroy(), LINGER_MS);
    this.socket.destroySoon();
  }

  #closed(): void {
    this.#leave();
    this.#onGone(this);
  }

  /** The client has no part in anything any more. Output is handed over; that of a destroyed socket is dropped and its buffer returned. */
  #leave(): void {
    this.#deaf = true;
    this.#ended = true;
    this.#clock.stop();
    clearTimeout(this.#lingering);
    this.#upgrade?.cancel();
    this.responses.clear();
    this.commands.leave();
    this.output.flush();
  }
}
