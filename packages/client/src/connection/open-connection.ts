import { connect, type Socket } from 'node:net';
import type { Address } from '../address.js';
import { NsqAbortError, NsqConnectionError, NsqError, NsqTimeoutError, asError } from '../errors.js';
import { within } from '../wait.js';
import type { ConnectionSetup } from './connection-options.js';
import { Connection } from './connection.js';
import { handshake } from './handshake.js';

/**
 * Connects, and does all of the handshake.
 * @throws {NsqError} `ERR_NSQ_CONNECT`, `ERR_NSQ_PROTOCOL`, `ERR_NSQ_TIMEOUT`, `ERR_NSQ_ABORTED`, or what nsqd answered
 */
export async function openConnection(address: Address, setup: ConnectionSetup, signal?: AbortSignal): Promise<Connection> {
  if (signal?.aborted === true) throw new NsqAbortError(signal.reason);
  const { host, port, path } = address;
  const socket =
    path === undefined
      ? connect({ host: host as string, port: port as number, noDelay: true, keepAlive: true, ...setup.local })
      : connect({ path });
  try {
    const greet = async () => {
      await within(connected(socket, address), { timeout: setup.dialTimeout, what: `connecting to ${address.text}` });
      return handshake(socket, address, setup);
    };
    const greeting = await within(greet(), { signal, timeout: setup.connectTimeout, what: `connecting to ${address.text}` });
    return new Connection(greeting, address, setup.silenceTimeout, setup.maxFrameBytes);
  } catch (error) {
    socket.destroy();
    if (error instanceof NsqTimeoutError) throw new NsqTimeoutError(error.message, { address: address.text });
    if (error instanceof NsqError) throw error;
    throw new NsqConnectionError('ERR_NSQ_CONNECT', asError(error).message, address.text, error);
  }
}

function connected(socket: Socket, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays for good: an error after the one that was told must not end the process.
    socket.on('error', (error) => {
      reject(new NsqConnectionError('ERR_NSQ_CONNECT', error.message || 'cannot connect', address.text, error));
    });
    socket.once('close', () => reject(new NsqConnectionError('ERR_NSQ_CONNECT', 'the connection was closed', address.text)));
    socket.once('connect', resolve);
  });
}
