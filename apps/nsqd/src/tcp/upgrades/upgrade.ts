import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { CompressedSocket, deflateCodec, snappyCodec, type Codec } from '@nsq/snappy';
import type { TlsServers } from '../../tls/tls-servers.js';
import type { Transport } from '../transport.js';
import type { Layers } from './layers.js';
import { TlsHandshake } from './tls-handshake.js';

/** What an upgrade does to its connection. */
export interface Upgradable {
  /** TLS is on: this is the socket from now on, and `OK` is said through it. */
  secured(socket: TLSSocket): void;
  /** So is compression. */
  compressed(socket: Transport, name: Codec['name']): void;
  /** All layers are in. */
  upgraded(): void;
  /** The socket is the plain one, as it was. */
  upgradeFailed(error: Error): void;
  /** What comes through the compression cannot be read on. */
  damaged(error: Error): void;
}

/** Puts layers on a socket, one after the other. The socket is paused, and what was read too far has been put back into it. */
export class Upgrade {
  readonly #layers: Layers;
  readonly #target: Upgradable;
  #handshake: TlsHandshake | null = null;

  constructor(layers: Layers, target: Upgradable) {
    this.#layers = layers;
    this.#target = target;
  }

  /** @param servers null when TLS is not among the layers */
  start(socket: Socket, servers: TlsServers | null): void {
    if (!this.#layers.tls || servers === null) {
      this.#compress(socket);
      return;
    }
    this.#handshake = new TlsHandshake(socket, servers, (error, secure) => {
      this.#handshake = null;
      if (secure === null) {
        this.#target.upgradeFailed(error ?? new Error('no TLS'));
        return;
      }
      this.#target.secured(secure);
      this.#compress(secure);
    });
  }

  /** The connection ends. */
  cancel(): void {
    this.#handshake?.cancel();
    this.#handshake = null;
  }

  #compress(socket: Socket): void {
    const { deflate, deflateLevel, snappy } = this.#layers;
    if (deflate || snappy) {
      const codec = deflate ? deflateCodec(deflateLevel) : snappyCodec();
      this.#target.compressed(new CompressedSocket(socket, codec, (error) => this.#target.damaged(error)), codec.name);
    }
    this.#target.upgraded();
  }
}
