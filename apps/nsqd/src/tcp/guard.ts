import { ProtocolError } from '@nsq/protocol';
import { errorMessage } from '@nsq/service';
import { ipOf } from '../auth/auth-query.js';
import type { Authorizer } from '../auth/authorizer.js';
import { ClientAccess, type GuardedCommand } from '../auth/client-access.js';
import type { Connection, ConnectionContext } from './connection.js';

/** Stands in front of the commands of one client that need a permission. */
export class Guard {
  readonly access: ClientAccess;
  readonly #connection: Connection;
  readonly #context: ConnectionContext;

  constructor(connection: Connection, context: ConnectionContext, authorizer: Authorizer) {
    this.#connection = connection;
    this.#context = context;
    this.access = new ClientAccess(authorizer, () => ({
      remoteIp: ipOf(connection.remoteAddress),
      tls: connection.tls !== null,
      commonName: connection.tls?.commonName ?? '',
    }));
  }

  /** AUTH. @throws {ProtocolError} `E_INVALID` the second time */
  authenticate(secret: Buffer): void {
    if (this.access.authorized) throw new ProtocolError('E_INVALID', 'AUTH already set');
    this.#ask(secret, () => this.#connection.respond(this.access.answer()));
  }

  /** False when the auth servers have to be asked again before: see `renew`. @throws {ProtocolError} when the client may not do it */
  allows(command: GuardedCommand, topic: string, channel = ''): boolean {
    if (this.access.expired(command, this.#context.engine.now)) return false;
    this.access.check(command, topic, channel);
    return true;
  }

  /** Asks the auth servers again, then has a command carried out if the client may still do it. */
  renew(command: GuardedCommand, topic: string, channel: string, carryOut: () => void): void {
    this.#ask(undefined, () => {
      this.access.check(command, topic, channel);
      carryOut();
    });
  }

  /** Asks the auth servers. No other command of this client is read until they have answered. */
  #ask(secret: Buffer | undefined, then: () => void): void {
    const { engine, logger } = this.#context;
    const goOn = this.#connection.suspend();
    this.access.ask(secret).then(
      (grant) =>
        goOn(() => {
          this.access.accept(grant, engine.now);
          then();
        }),
      (error: unknown) =>
        goOn(() => {
          // What is wrong with an auth server is not for clients to know.
          logger.warn(`PROTOCOL(V2): [${this.#connection.remoteAddress}] AUTH failed ${errorMessage(error)}`);
          throw new ProtocolError('E_AUTH_FAILED', 'AUTH failed', { cause: error });
        }),
    );
  }
}
