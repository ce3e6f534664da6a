import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { formatPeer } from '@nsq/service';
import type { TlsServers } from '../../tls/tls-servers.js';

/** From the first byte that may be of the handshake to its end. Milliseconds. */
const HANDSHAKE_MS = 5000;
/** TLS records that may come first: an alert or a handshake. */
const FIRST_RECORD_TYPES: readonly (number | undefined)[] = [0x15, 0x16];

/**
 * The server's side of a TLS handshake on a socket that has spoken plaintext. The socket must be paused. When the handshake fails the
 * socket is open: what is written to it then goes out in plaintext.
 */
export class TlsHandshake {
  readonly #socket: Socket;
  readonly #servers: TlsServers;
  readonly #done: (error: Error | null, secure: TLSSocket | null) => void;
  readonly #timer: NodeJS.Timeout;
  #server: Server | null = null;
  #reason: Error | null = null;
  #settled = false;

  /** @param done is called once, unless it is cancelled before */
  constructor(socket: Socket, servers: TlsServers, done: (error: Error | null, secure: TLSSocket | null) => void) {
    this.#socket = socket;
    this.#servers = servers;
    this.#done = done;
    this.#timer = setTimeout(() => {
      const local = formatPeer({ remoteAddress: socket.localAddress, remotePort: socket.localPort });
      this.#fail(new Error(`read tcp ${local}->${formatPeer(socket)}: i/o timeout`));
    }, HANDSHAKE_MS);
    socket.on('data', this.#look).on('end', this.#cut);
    socket.resume();
  }

  /** Leaves the socket to its owner, who is told nothing more. */
  cancel(): void {
    if (this.#settle()) this.#letGo();
  }

  /** A client that speaks no TLS is refused without an alert, which it could not read. */
  readonly #look = (bytes: Buffer): void => {
    const socket = this.#socket;
    socket.pause();
    this.#lookNoMore();
    if (!FIRST_RECORD_TYPES.includes(bytes[0])) {
      this.#fail(new Error('tls: first record does not look like a TLS handshake'));
      return;
    }
    socket.unshift(bytes);
    // TLS destroys the socket when it fails, and the last word in plaintext with it.
    socket.destroy = () => {
      this.#fail(new Error('EOF'));
      return socket;
    };
    const server = this.#servers.take();
    this.#server = server;
    server.once('secureConnection', this.#secure).once('tlsClientError', this.#refused);
    // A client that leaves in the middle is gone: only then does TLS tell of an end before the handshake's.
    socket.allowHalfOpen = false;
    server.emit('connection', socket);
    socket.allowHalfOpen = true;
  };

  readonly #cut = (): void => this.#fail(new Error('EOF'));

  readonly #secure = (secure: TLSSocket): void => {
    secure.allowHalfOpen = true;
    const problem = this.#servers.config.clientProblem(secure);
    if (problem !== undefined) {
      secure.on('error', () => undefined);
      this.#fail(new Error(problem));
      return;
    }
    if (!this.#settle()) return;
    this.#letGo();
    this.#giveBack();
    this.#done(null, secure);
  };

  readonly #refused = (error: NodeJS.ErrnoException): void => this.#fail(new Error(`tls: ${reasonOf(error)}`));

  /** TLS takes its leave of the socket step by step, and says why only after the first: the owner gets it when that is over. */
  #fail(error: Error): void {
    this.#reason = error;
    if (!this.#settle()) return;
    setImmediate(() => {
      this.#letGo();
      this.#done(this.#reason, null);
    });
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#lookNoMore();
    return true;
  }

  #lookNoMore(): void {
    this.#socket.off('data', this.#look).off('end', this.#cut);
  }

  /** The socket can be destroyed again. */
  #letGo(): void {
    Reflect.deleteProperty(this.#socket, 'destroy');
  }

  /** A server whose handshake has failed or was given up may still have something to say, and is not used again. */
  #giveBack(): void {
    const server = this.#server;
    if (server === null) return;
    server.off('tlsClientError', this.#refused);
    this.#servers.give(server);
  }
}

function reasonOf(error: NodeJS.ErrnoException & { readonly reason?: string }): string {
  if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return "client didn't provide a certificate";
  return error.reason ?? error.message;
}
