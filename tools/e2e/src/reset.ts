import type { Socket } from 'node:net';

/**
 * Cuts a connection with a reset. One whose end is being sent is closed instead: Node loses such a socket without closing it (`reset EINVAL`),
 * and the process then spins for ever when it should end.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
