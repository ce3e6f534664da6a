import { formatNanoseconds } from '@nsq/options';
import { MAGIC_LOOKUP_V1, ProtocolError, encodeLookupReply, isValidName, type LookupPeerInfo } from '@nsq/protocol';
import { goJson, type Logger } from '@nsq/service';
import type { Peer } from '../registry/peer.js';
import type { RegistrationDb } from '../registry/registration-db.js';
import type { CommandSink } from './command-reader.js';
import { decodeIdentifyBody } from './identify-body.js';

const OK = encodeLookupReply('OK');

/** What all connections share. */
export interface LookupContext {
  readonly db: RegistrationDb;
  readonly logger: Logger;
  /** What this nsqlookupd says of itself in its reply to IDENTIFY. */
  readonly identity: () => LookupPeerInfo;
}

/** What the commands of one connection do. Every error is fatal to the connection. */
export class Commands implements CommandSink {
  readonly #context: LookupContext;
  readonly #remoteAddress: string;
  readonly #reply: (frame: Buffer) => void;
  #peer: Peer | undefined;
  #greeted = false;

  /** @param reply takes one frame for each command, in order */
  constructor(context: LookupContext, remoteAddress: string, reply: (frame: Buffer) => void) {
    this.#context = context;
    this.#remoteAddress = remoteAddress;
    this.#reply = reply;
  }

  /** Whether the right magic has come. */
  get greeted(): boolean {
    return this.#greeted;
  }

  magic(bytes: Buffer): void {
    const { logger } = this.#context;
    const text = bytes.toString('latin1');
    logger.info(`CLIENT(${this.#remoteAddress}): desired protocol magic '${text}'`);
    this.#greeted = bytes.equals(MAGIC_LOOKUP_V1);
    if (this.#greeted) return;
    logger.error(`client(${this.#remoteAddress}) bad protocol magic '${text}'`);
    throw new ProtocolError('E_BAD_PROTOCOL', '');
  }

  command(words: readonly string[]): boolean {
    const [name = ''] = words;
    switch (name) {
      case 'PING':
        this.#ping();
        return false;
      case 'IDENTIFY':
        if (this.#peer !== undefined) throw new ProtocolError('E_INVALID', 'cannot IDENTIFY again');
        return true;
      case 'REGISTER': {
        const { peer, topic, channel } = this.#registration(words);
        this.#context.db.register(peer, topic, channel);
        break;
      }
      case 'UNREGISTER': {
        const { peer, topic, channel } = this.#registration(words);
        this.#context.db.unregister(peer, topic, channel);
        break;
      }
      default:
        throw new ProtocolError('E_INVALID', raw(`invalid command ${name}`));
    }
    this.#reply(OK);
    return false;
  }

  /** The body of an IDENTIFY. */
  body(bytes: Buffer): void {
    const { db, logger, identity } = this.#context;
    const info = decodeIdentifyBody(bytes, this.#remoteAddress);
    logger.info(() => {
      const { broadcastAddress, tcpPort, httpPort, version } = info;
      return `CLIENT(${this.#remoteAddress}): IDENTIFY Address:${broadcastAddress} TCP:${tcpPort} HTTP:${httpPort} Version:${version}`;
    });
    this.#peer = db.identify(info);
    this.#reply(encodeLookupReply(goJson(identity())));
  }

  /** The connection is gone. */
  leave(): void {
    if (this.#peer !== undefined) this.#context.db.leave(this.#peer);
    this.#peer = undefined;
  }

  #ping(): void {
    const { db, logger } = this.#context;
    if (this.#peer !== undefined) {
      const elapsed = db.ping(this.#peer);
      logger.info(() => `CLIENT(${this.#remoteAddress}): pinged (last ping ${formatNanoseconds(Math.round(elapsed * 1e6))})`);
    }
    this.#reply(OK);
  }

  #registration(words: readonly string[]): { peer: Peer; topic: string; channel: string } {
    const [command = '', topic, channel = ''] = words;
    if (this.#peer === undefined) throw new ProtocolError('E_INVALID', 'client must IDENTIFY');
    if (topic === undefined) throw new ProtocolError('E_INVALID', `${command} insufficient number of params`);
    if (!isValidName(topic)) throw new ProtocolError('E_BAD_TOPIC', raw(`${command} topic name '${topic}' is not valid`));
    if (channel !== '' && !isValidName(channel)) {
      throw new ProtocolError('E_BAD_CHANNEL', raw(`${command} channel name '${channel}' is not valid`));
    }
    return { peer: this.#peer, topic, channel };
  }
}

/** The bytes of a text that contains what a client sent. */
function raw(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
