import { errorMessage, type HttpClient } from '@nsq/service';
import { parseAuthAnswer } from './auth-answer.js';
import { authJson, authQuery, authUrl, type AuthSubject } from './auth-query.js';
import { Patterns } from './patterns.js';
import { Permissions } from './permissions.js';

/** Longest secret that an auth server is asked about. */
export const MAX_SECRET_BYTES = 64 * 1024;
/** Longest answer of an auth server. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** What an auth server has granted a client. */
export interface Grant {
  /** Milliseconds that it holds. */
  readonly lifetime: number;
  readonly identity: string;
  readonly identityUrl: string;
  readonly permissions: Permissions;
}

export interface AuthorizerOptions {
  /** `host:port` or URLs; at least one. */
  readonly addresses: readonly string[];
  readonly method: 'get' | 'post';
  /** With `maxBodyBytes` at {@link MAX_ANSWER_BYTES}. */
  readonly client: Pick<HttpClient, 'request'>;
  /** From 0 up to 1: which server is asked first. @default Math.random */
  readonly random?: () => number;
}

/** Asks the auth servers what a client may do. */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #patterns = new Patterns();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /**
   * Asks one server after the other, beginning with any, until one answers as it should.
   * @throws {Error} when none does, with each one's reason
   */
  async ask(subject: AuthSubject, signal: AbortSignal): Promise<Grant> {
    const { secret } = subject;
    if (secret.length > MAX_SECRET_BYTES) throw new Error(`the secret of ${secret.length} bytes is longer than ${MAX_SECRET_BYTES}`);
    const { addresses, random = Math.random } = this.#options;
    const first = Math.floor(random() * addresses.length);
    const failures: string[] = [];
    for (const address of [...addresses.slice(first), ...addresses.slice(0, first)]) {
      try {
        return await this.#ask(address, subject, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        failures.push(`failed to auth against ${address} - ${errorMessage(error)}`);
      }
    }
    throw new Error(failures.join('; '));
  }

  async #ask(address: string, subject: AuthSubject, signal: AbortSignal): Promise<Grant> {
    const { client, method } = this.#options;
    const url = authUrl(address);
    const body =
      method === 'post'
        ? await client.request(url, { json: authJson(subject), signal })
        : await client.request(`${url}?${authQuery(subject)}`, { signal });
    const { ttl, identity, identityUrl, authorizations } = parseAuthAnswer(body);
    return { lifetime: ttl * 1000, identity, identityUrl, permissions: new Permissions(authorizations, this.#patterns) };
  }
}
