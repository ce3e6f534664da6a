/** What the registry must say, written down as plainly as possible: lists, and a scan for every question. */
interface Membership {
  readonly registration: string; // as /debug names it
  readonly peer: string;
  tombstonedAt: number | undefined;
}

export class Model {
  now = 0;
  readonly #inactiveProducerTimeout: number;
  readonly #tombstoneLifetime: number;
  #registrations: string[] = [];
  #memberships: Membership[] = [];
  readonly #lastUpdate = new Map<string, number>();
  readonly #nodes = new Map<string, string>();

  constructor(inactiveProducerTimeout: number, tombstoneLifetime: number) {
    this.#inactiveProducerTimeout = inactiveProducerTimeout;
    this.#tombstoneLifetime = tombstoneLifetime;
  }

  identify(peer: string, node: string): void {
    this.#nodes.set(peer, node);
    this.ping(peer);
    this.#join('client::', peer);
  }

  ping(peer: string): void {
    this.#lastUpdate.set(peer, this.now);
  }

  register(peer: string, topic: string, channel: string): void {
    if (channel !== '') this.#join(`channel:${topic}:${channel}`, peer);
    this.#join(`topic:${topic}:`, peer);
  }

  unregister(peer: string, topic: string, channel: string): void {
    const own = channel === '' ? `topic:${topic}:` : `channel:${topic}:${channel}`;
    const prefix = `channel:${topic}:`;
    this.#memberships = this.#memberships.filter(
      (each) => each.peer !== peer || (each.registration !== own && !(channel === '' && each.registration.startsWith(prefix))),
    );
    const deserted = !this.#memberships.some((each) => each.registration === own);
    if (deserted && (channel === '' ? topic : channel).endsWith('#ephemeral')) this.#remove((each) => each === own);
  }

  leave(peer: string): void {
    this.#memberships = this.#memberships.filter((each) => each.peer !== peer);
  }

  create(topic: string, channel: string): void {
    if (channel !== '') this.#add(`channel:${topic}:${channel}`);
    this.#add(`topic:${topic}:`);
  }

  deleteTopic(topic: string): void {
    this.#remove((each) => each === `topic:${topic}:` || each.startsWith(`channel:${topic}:`));
  }

  deleteChannel(topic: string, channel: string): boolean {
    const name = `channel:${topic}:${channel}`;
    const known = this.#registrations.includes(name);
    this.#remove((each) => each === name);
    return known;
  }

  tombstone(topic: string, node: string): void {
    for (const each of this.#memberships) {
      if (each.registration === `topic:${topic}:` && this.#nodes.get(each.peer) === node) each.tombstonedAt = this.now;
    }
  }

  topics(): string[] {
    return this.#named('topic:').map((each) => each.slice('topic:'.length, -1));
  }

  channels(topic: string): string[] {
    const prefix = `channel:${topic}:`;
    return this.#named(prefix).map((each) => each.slice(prefix.length));
  }

  lookup(topic: string): string[] | undefined {
    const name = `topic:${topic}:`;
    if (!this.#registrations.includes(name)) return undefined;
    return this.#memberships
      .filter((each) => each.registration === name && this.#isActive(each.peer) && !this.#isTombstoned(each))
      .map(({ peer }) => peer)
      .sort();
  }

  nodes(): string[] {
    return this.#memberships
      .filter((each) => each.registration === 'client::' && this.#isActive(each.peer))
      .map(({ peer }) => {
        const topics = this.#memberships.filter((each) => each.peer === peer && each.registration.startsWith('topic:'));
        return `${peer} ${topics
          .map((each) => `${each.registration} ${String(this.#isTombstoned(each))}`)
          .sort()
          .join()}`;
      })
      .sort();
  }

  registrations(): string[] {
    return this.#memberships.map((each) => `${each.registration} ${each.peer} ${String(each.tombstonedAt)}`).sort();
  }

  #isActive(peer: string): boolean {
    return this.now - (this.#lastUpdate.get(peer) ?? 0) <= this.#inactiveProducerTimeout;
  }

  #isTombstoned({ tombstonedAt }: Membership): boolean {
    return tombstonedAt !== undefined && this.now - tombstonedAt < this.#tombstoneLifetime;
  }

  #named(prefix: string): string[] {
    return this.#registrations.filter((each) => each.startsWith(prefix)).sort();
  }

  #add(registration: string): void {
    if (!this.#registrations.includes(registration)) this.#registrations.push(registration);
  }

  #join(registration: string, peer: string): void {
    this.#add(registration);
    if (this.#memberships.some((each) => each.registration === registration && each.peer === peer)) return;
    this.#memberships.push({ registration, peer, tombstonedAt: undefined });
  }

  #remove(matches: (registration: string) => boolean): void {
    this.#registrations = this.#registrations.filter((each) => !matches(each));
    this.#memberships = this.#memberships.filter((each) => !matches(each.registration));
  }
}
