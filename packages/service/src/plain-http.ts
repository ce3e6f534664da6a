import type { Server, Socket } from 'node:net';
import { formatPeer } from './peer.js';
import type { Logger } from './logger.js';

/** How an HTTP request may begin; a TLS record never does. */
const HTTP_BEGINNINGS = ['GET /', 'HEAD ', 'POST ', 'PUT /', 'OPTIO'];
const ANSWER = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';
/** What more the client sends is read and dropped so long, or the answer could be lost to a reset. Milliseconds. */
const LINGER_MS = 1000;
/** A connection that says nothing is closed, as Node closes one that does not finish its handshake. Milliseconds. */
const SILENT_MS = 120_000;

/** The connections of a TLS server below TLS: those in their handshake are not known above it. */
export interface RawConnections {
  /** Closes those that have said nothing yet. */
  closeSilent(): void;
  closeAll(): void;
}

/** Has a TLS server tell clients that speak plain HTTP what is wrong. */
export function refusePlainHttp(server: Server, logger: Logger): RawConnections {
  const all = new Set<Socket>();
  const silent = new Set<Socket>();
  const handshakes = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const lost = (): void => {
      socket.destroy();
    };
    all.add(socket);
    silent.add(socket);
    socket.once('close', () => {
      all.delete(socket);
      silent.delete(socket);
    });
    socket.setTimeout(SILENT_MS, lost).on('error', lost).on('end', lost);
    socket.once('data', (bytes: Buffer) => {
      silent.delete(socket);
      socket.setTimeout(0, lost).off('error', lost).off('end', lost).pause();
      if (HTTP_BEGINNINGS.includes(bytes.toString('latin1', 0, 5))) {
        logger.warn(() => `http: TLS handshake error from ${formatPeer(socket)}: client sent an HTTP request to an HTTPS server`);
        socket.on('error', lost).end(ANSWER);
        socket.resume().setTimeout(LINGER_MS, lost);
        return;
      }
      socket.unshift(bytes);
      for (const handshake of handshakes) handshake.call(server, socket);
    });
  });
  return {
    closeSilent: () => {
      for (const socket of silent) socket.destroy();
    },
    closeAll: () => {
      for (const socket of all) socket.destroy();
    },
  };
}
