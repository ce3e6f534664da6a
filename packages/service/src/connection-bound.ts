import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** TLS handshakes under way beyond the bound; Node gives up each after two minutes. */
const HANDSHAKES = 256;

export interface ConnectionBound {
  /** Closes the connections that have no request under way, and each of the others after its reply. */
  drain(): void;
}

/**
 * Bounds the connections of a server that has no timeouts. One too many closes the connection that has waited longest without a request
 * under way, be it an idle one or one that never finished its header; when all are busy, the new one is closed.
 * @param onClose told of each connection closed for the bound
 */
export function boundConnections(server: Server, max: number, onClose: () => void): ConnectionBound {
  const idle = new Set<Socket>(); // in the order in which they became idle
  const pending = new Map<Socket, number>(); // requests under way; 0 for idle ones
  let draining = false;

  server.maxConnections = max + HANDSHAKES;
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    pending.set(socket, 0);
    idle.add(socket);
    socket.once('close', () => {
      pending.delete(socket);
      idle.delete(socket);
    });
    if (pending.size <= max) return;
    for (const longest of idle) {
      longest.destroy();
      break;
    }
    onClose();
  });

  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    idle.delete(socket);
    pending.set(socket, (pending.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (pending.get(socket) ?? 0) - 1;
      if (left < 0 || socket.destroyed) return;
      pending.set(socket, left);
      if (left > 0) return;
      if (draining) socket.destroySoon();
      else idle.add(socket);
    });
  };
  server.prependListener('request', begin);
  server.prependListener('checkContinue', begin);

  return {
    drain() {
      draining = true;
      for (const socket of idle) socket.destroy();
    },
  };
}
