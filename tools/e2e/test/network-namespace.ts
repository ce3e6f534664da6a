import { execFileSync } from 'node:child_process';

let made = 0;

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** A machine of its own on this one, as far as its network goes: joined by a cable that can be pulled. Linux, and the right to do this. */
export class NetworkNamespace {
  /** Its address, as seen from here and from inside. */
  readonly host: string;
  /** Put before a command to have it run inside. */
  readonly wrapper: readonly string[];
  readonly #name: string;
  readonly #inside: string;

  /** @throws {Error} where it cannot be done */
  constructor() {
    // A network for each; the range is reserved for tests of devices.
    const number = ((process.pid % 8192) * 8 + made++) % 32_768;
    const network = (end: number): string => `198.${18 + (number >> 14)}.${(number >> 6) & 255}.${((number & 63) << 2) + end}`;
    this.#name = `nsq-${process.pid}-${made}`;
    this.#inside = 'cable';
    const outside = `nsq${number}`;
    this.host = network(2);
    this.wrapper = ['ip', 'netns', 'exec', this.#name];
    ip('netns', 'add', this.#name);
    try {
      ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', this.#inside, 'netns', this.#name);
      ip('addr', 'add', `${network(1)}/30`, 'dev', outside);
      ip('link', 'set', outside, 'up');
      ip('-n', this.#name, 'addr', 'add', `${this.host}/30`, 'dev', this.#inside);
      ip('-n', this.#name, 'link', 'set', 'lo', 'up');
      this.plug();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** From here on packets are lost, without a word to either side. */
  pull(): void {
    ip('-n', this.#name, 'link', 'set', this.#inside, 'down');
  }

  plug(): void {
    ip('-n', this.#name, 'link', 'set', this.#inside, 'up');
  }

  /** The cable goes with it. What runs inside must have ended. */
  remove(): void {
    ip('netns', 'delete', this.#name);
  }
}

/** Why there can be no namespaces here; undefined when there can. */
export function noNetworkNamespace(): string | undefined {
  try {
    new NetworkNamespace().remove();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error);
  }
}
