import { quote } from '@nsq/protocol';
import { errorMessage } from '@nsq/service';
import type { RE2JS } from 're2js';
import type { Authorization, Permission } from './auth-answer.js';
import { PatternBudget, type Patterns } from './patterns.js';

/** Topics whose answer is remembered. */
const MAX_REMEMBERED = 1000;
const MAX_SHOWN = 100;

interface Rule {
  readonly topic: RE2JS;
  readonly channels: readonly RE2JS[];
  readonly permissions: readonly Permission[];
}

/** What a client may do, as one answer of an auth server says. */
export class Permissions {
  readonly #rules: readonly Rule[];
  readonly #publish = new Map<string, boolean>();
  #lastTopic = ''; // of those that may be published to

  /** @throws {Error} for a regular expression that is none, or is too large */
  constructor(authorizations: readonly Authorization[], patterns: Patterns) {
    const budget = new PatternBudget();
    const compile = (what: string, source: string): RE2JS => {
      try {
        const pattern = patterns.compile(source);
        budget.spend(pattern);
        return pattern;
      } catch (error) {
        const shown = quote(Buffer.from(source.slice(0, MAX_SHOWN)));
        throw new Error(`unable to compile ${what} ${shown} ${errorMessage(error)}`, { cause: error });
      }
    };
    this.#rules = authorizations.map(({ topic, channels, permissions }) => ({
      topic: compile('topic', topic),
      channels: channels.map((channel) => compile('channel', channel)),
      permissions,
    }));
  }

  /** How many authorizations there are. */
  get count(): number {
    return this.#rules.length;
  }

  /** Asking again for the topic asked for last costs a comparison, for another one a look-up. */
  mayPublish(topic: string): boolean {
    if (topic === this.#lastTopic) return true;
    let allowed = this.#publish.get(topic);
    if (allowed === undefined) {
      allowed = this.#allows('publish', topic, '');
      if (this.#publish.size >= MAX_REMEMBERED) this.#publish.clear();
      this.#publish.set(topic, allowed);
    }
    if (allowed) this.#lastTopic = topic;
    return allowed;
  }

  maySubscribe(topic: string, channel: string): boolean {
    return this.#allows('subscribe', topic, channel);
  }

  #allows(permission: Permission, topic: string, channel: string): boolean {
    return this.#rules.some(
      (rule) => rule.permissions.includes(permission) && rule.topic.test(topic) && rule.channels.some((pattern) => pattern.test(channel)),
    );
  }
}
