import type { Connection, ConnectionUser } from '../connection/connection.js';
import { NsqConnectionError, type NsqError, type NsqServerError } from '../errors.js';
import { Ring } from '../ring.js';
import type { Publish } from './publish.js';

export interface LaneOwner {
  /** An answer has come. */
  answered(publish: Publish): void;
  /** An answer has come that refuses it. */
  refused(publish: Publish, error: NsqServerError): void;
  /** All answers of this chunk so far are dealt with, or the connection takes more again. */
  laneHasRoom(): void;
}

/** The publishes on one connection, in the order in which they were sent, which is that of the answers. */
export class Lane implements ConnectionUser {
  readonly connection: Connection;
  /** A publish has taken too long here, and nothing has been answered since. */
  suspect = false;
  /** nsqd has refused a command and executes none of those behind it. */
  #refusing = false;
  readonly #owner: LaneOwner;
  readonly #sent = new Ring<Publish>();

  constructor(connection: Connection, owner: LaneOwner) {
    this.connection = connection;
    this.#owner = owner;
  }

  get usable(): boolean {
    return !this.connection.outbox.full && !this.connection.ended && !this.#refusing;
  }

  send(publish: Publish): void {
    this.#sent.push(publish);
    publish.write(this.connection.outbox);
  }

  forEach(visit: (publish: Publish) => void): void {
    this.#sent.forEach(visit);
  }

  /**
   * The connection has ended: what is unanswered, in order.
   * @returns `executed`: whether nsqd may have executed them
   */
  abandon(): { readonly publishes: readonly Publish[]; readonly executed: boolean } {
    return { publishes: this.#sent.drain(), executed: !this.#refusing };
  }

  onMessage(): void {
    // Nothing is subscribed here.
  }

  onRoom(): void {
    this.#owner.laneHasRoom();
  }

  onResponse(data: Buffer): void {
    this.suspect = false;
    const publish = this.#sent.shift();
    if (publish !== undefined && isOk(data)) this.#owner.answered(publish);
    else {
      const { address } = this.connection;
      const what = JSON.stringify(data.toString('latin1', 0, 100));
      const error: NsqError = new NsqConnectionError('ERR_NSQ_PROTOCOL', `an answer to nothing, or no answer: ${what}`, address.text);
      publish?.fail(error);
      if (publish !== undefined) this.#owner.answered(publish);
      this.connection.destroy(error);
    }
  }

  onError(error: NsqServerError): void {
    this.suspect = false;
    this.#refusing = error.fatal;
    const publish = this.#sent.shift();
    if (publish !== undefined) this.#owner.refused(publish, error);
  }
}

const isOk = (data: Buffer): boolean => data.length === 2 && data[0] === 0x4f && data[1] === 0x4b;
