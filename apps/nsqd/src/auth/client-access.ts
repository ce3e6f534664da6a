import { ProtocolError, quote } from '@nsq/protocol';
import { goJson } from '@nsq/service';
import type { AuthSubject } from './auth-query.js';
import type { Authorizer, Grant } from './authorizer.js';

/** Commands that need a permission. */
export type GuardedCommand = 'SUB' | 'PUB' | 'MPUB' | 'DPUB';

/** What one client has been granted, and until when. There is none where no auth server is configured. */
export class ClientAccess {
  readonly #authorizer: Authorizer;
  readonly #describe: () => Omit<AuthSubject, 'secret'>;
  #secret: Buffer = Buffer.alloc(0);
  #grant: Grant | null = null;
  #expiresAt = 0; // engine milliseconds
  #asking: AbortController | null = null;

  /** @param describe the client as it is when a server is asked */
  constructor(authorizer: Authorizer, describe: () => Omit<AuthSubject, 'secret'>) {
    this.#authorizer = authorizer;
    this.#describe = describe;
  }

  /** The client has said AUTH and has at least one authorization. */
  get authorized(): boolean {
    return this.#grant !== null && this.#grant.permissions.count > 0;
  }

  get identity(): string {
    return this.#grant?.identity ?? '';
  }

  get identityUrl(): string {
    return this.#grant?.identityUrl ?? '';
  }

  /** Asks the servers. One question at a time. @param secret what the client has just given; what it gave before, if left out */
  ask(secret?: Buffer): Promise<Grant> {
    // A copy: the bytes are part of a larger chunk.
    if (secret !== undefined) this.#secret = Buffer.from(secret);
    const asking = new AbortController();
    this.#asking = asking;
    return this.#authorizer.ask({ secret: this.#secret, ...this.#describe() }, asking.signal);
  }

  /** Takes over an answer. @param now engine milliseconds */
  accept(grant: Grant, now: number): void {
    this.#asking = null;
    this.#grant = grant;
    this.#expiresAt = now + grant.lifetime;
  }

  /** The answer to AUTH. @throws {ProtocolError} `E_UNAUTHORIZED` when nothing at all was granted */
  answer(): string {
    if (!this.authorized) throw new ProtocolError('E_UNAUTHORIZED', 'AUTH no authorizations found');
    return goJson({
      identity: this.identity,
      identity_url: this.identityUrl,
      permission_count: this.#grant?.permissions.count ?? 0,
    });
  }

  /** Whether the servers must be asked again before `check`. @throws {ProtocolError} `E_AUTH_FIRST` when there is nothing to be renewed */
  expired(command: GuardedCommand, now: number): boolean {
    if (!this.authorized) throw new ProtocolError('E_AUTH_FIRST', `AUTH required before ${command}`);
    return now > this.#expiresAt;
  }

  /** @param channel empty for publishing @throws {ProtocolError} `E_UNAUTHORIZED` */
  check(command: GuardedCommand, topic: string, channel: string): void {
    const permissions = this.#grant?.permissions;
    const allowed = command === 'SUB' ? permissions?.maySubscribe(topic, channel) : permissions?.mayPublish(topic);
    if (allowed === true) return;
    const [topicText, channelText] = [quote(Buffer.from(topic)), quote(Buffer.from(channel))];
    throw new ProtocolError('E_UNAUTHORIZED', `AUTH failed for ${command} on ${topicText} ${channelText}`);
  }

  /** The client is gone: its question with it. */
  leave(): void {
    this.#asking?.abort();
    this.#asking = null;
  }
}
