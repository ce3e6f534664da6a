import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Up to here the rest of a body that nobody wants is read to keep the connection; beyond, the connection is closed. */
export const MAX_UNREAD_BYTES = 256 * 1024;
/** How long a body of unknown length may take to end before its connection is given up. */
const DRAIN_TIMEOUT_MS = 1000;
/** How long a closing connection is still read, so that the client gets the reply before it gets a reset. */
const LINGER_MS = 500;

/** Requests whose client waits for `100 Continue` before it sends the body. */
const awaitingContinue = new WeakMap<IncomingMessage, ServerResponse>();
const lingering = new WeakSet<Socket>();

/** Notes that the client asked with `Expect: 100-continue`, to be answered when somebody wants the body. */
export function expectContinue(request: IncomingMessage, response: ServerResponse): void {
  awaitingContinue.set(request, response);
}

/** To be called before a body is read. */
export function sendContinue(request: IncomingMessage): void {
  awaitingContinue.get(request)?.writeContinue();
  awaitingContinue.delete(request);
}

export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request;
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** What a reply must do about the rest of the request's body: nothing, close the connection, or `drain` first to find out. */
export function unreadBody(request: IncomingMessage): 'keep' | 'close' | 'drain' {
  if (request.complete || !hasBody(request)) return 'keep';
  if (awaitingContinue.has(request)) return 'close'; // whether the body will come is now unknowable
  if (request.headers['transfer-encoding'] !== undefined) return 'drain';
  return Number(request.headers['content-length']) > MAX_UNREAD_BYTES ? 'close' : 'keep';
}

/** Reads and drops the rest of a chunked body; `close` when it is too long, too slow or broken. */
export function drainBody(request: IncomingMessage): Promise<'keep' | 'close'> {
  return new Promise((resolve) => {
    let bytes = 0;
    const settle = (outcome: 'keep' | 'close'): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      resolve(outcome);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > MAX_UNREAD_BYTES) settle('close');
    };
    const onEnd = (): void => settle('keep');
    const onClose = (): void => settle('close');
    const timer = setTimeout(onClose, DRAIN_TIMEOUT_MS);
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose).resume();
  });
}

/**
 * Makes the end of the reply close the connection gently. Closing a socket with unread bytes resets it, and a reset can overtake the
 * reply: so only the writing half is closed, and what still comes is dropped for a moment.
 */
export function lingerOnClose(socket: Socket): void {
  if (lingering.has(socket)) return;
  lingering.add(socket);
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  };
}

/** Whether the connection is being closed: a request that came after the last reply is not to be carried out. */
export function isLingering(socket: Socket): boolean {
  return lingering.has(socket);
}
