import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a connection moves its bytes through: a socket, TLS on it, or a compression above either. */
export type Transport = Duplex & Pick<Socket, 'bytesWritten' | 'destroySoon'>;
