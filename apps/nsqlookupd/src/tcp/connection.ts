import type { Socket } from 'node:net';
import { ProtocolError, encodeLookupReply } from '@nsq/protocol';
import { CommandReader } from './command-reader.js';
import { Commands, type LookupContext } from './commands.js';

/** Unsent answers from which on nothing more is read: a client that sends and never reads is held back, not buffered for. */
const MAX_UNSENT_BYTES = 64 * 1024;
/** How long a connection that ends waits for the other side: its error frame would be lost to a reset. Milliseconds. */
const LINGER_MS = 1000;
const BAD_MAGIC = 'E_BAD_PROTOCOL'; // logged where it is found

/** One TCP client: moves bytes; what commands do is in Commands. */
export class Connection {
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #context: LookupContext;
  readonly #onClose: (connection: Connection) => void;
  readonly #commands: Commands;
  readonly #reader: CommandReader;
  #replies: Buffer[] = []; // to the chunk under way
  #ended = false; // nothing that comes is read any more
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, remoteAddress: string, context: LookupContext, onClose: (connection: Connection) => void) {
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
    this.#context = context;
    this.#onClose = onClose;
    this.#commands = new Commands(context, remoteAddress, (frame) => this.#replies.push(frame));
    this.#reader = new CommandReader(this.#commands);
  }

  /** Begins to read. */
  open(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#receiveEnd());
    socket.on('drain', () => socket.resume());
    socket.on('error', (error) => this.#leave(error.message));
    socket.once('close', () => {
      this.#leave('closed');
      this.#onClose(this);
    });
    socket.resume();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#flush();
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.#socket.pause();
  }

  #receiveEnd(): void {
    if (this.#ended) return;
    const error = this.#reader.end();
    if (error === undefined) this.#end('EOF');
    else this.#fail(error);
  }

  /** Every error ends the connection, after its frame. */
  #fail(error: unknown): void {
    const { logger } = this.#context;
    if (!(error instanceof ProtocolError)) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      logger.error(`client(${this.remoteAddress}) internal error - ${text}`);
      this.#leave('internal error');
      this.#socket.destroy();
      return;
    }
    if (this.#commands.greeted) logger.error(`[${this.remoteAddress}] - ${error.message}`);
    this.#replies.push(encodeLookupReply(error.data));
    this.#end(error.message);
  }

  #flush(): void {
    const replies = this.#replies;
    const [first] = replies;
    if (first === undefined) return;
    this.#replies = [];
    this.#socket.write(replies.length === 1 ? first : Buffer.concat(replies));
  }

  /** Sends what is to be sent, as long as that flows, then closes. What the client still sends is read and dropped for a moment. */
  #end(reason: string): void {
    this.#flush();
    this.#leave(reason);
    this.#socket.end();
    this.#socket.resume();
    this.#linger(-1);
  }

  /** @param sent bytes that the kernel had taken when this was last looked at */
  #linger(sent: number): void {
    this.#timer = setTimeout(() => {
      const socket = this.#socket;
      const now = socket.bytesWritten - socket.writableLength;
      if (socket.writableFinished || now === sent) socket.destroy();
      else this.#linger(now);
    }, LINGER_MS);
  }

  /** The client has no part in anything any more. */
  #leave(reason: string): void {
    if (this.#socket.destroyed) clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#ended = true;
    const { logger } = this.#context;
    if (!this.#commands.greeted) {
      if (reason !== BAD_MAGIC) logger.error(`failed to read protocol version - ${reason}`);
      return;
    }
    logger.info(`PROTOCOL(V1): [${this.remoteAddress}] exiting ioloop`);
    this.#commands.leave();
    logger.error(`client(${this.remoteAddress}) - ${reason}`);
  }
}
