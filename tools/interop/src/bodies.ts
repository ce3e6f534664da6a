import { createHash } from 'node:crypto';

const STEP = 31;
const SPREAD = 7919;

/** Fillers by what they begin with; each is as long as the longest body of any scenario. */
const ROWS = 256;

/**
 * The body with this number, the same in every client program: the number in decimal, a colon, and up to `size` bytes of all values, of a
 * length that depends on the number. No two numbers have the same body.
 */
export function bodyOf(index: number, size: number): Buffer {
  const head = Buffer.from(`${index}:`);
  const body = Buffer.alloc(head.length + ((index * SPREAD) % (size + 1)));
  head.copy(body);
  for (let at = head.length, value = index % ROWS; at < body.length; at++, value = (value + STEP) % ROWS) body[at] = value;
  return body;
}

/** Bodies with consecutive numbers. */
export function bodiesOf(first: number, count: number, size: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => bodyOf(first + index, size));
}

const MASK = (1n << 64n) - 1n;

/** What a client program says about the bodies that it got: distinct ones, all of them, and a sum over the distinct ones. */
export interface Seen {
  readonly received: number;
  readonly deliveries: number;
  /** The sum of the first eight bytes of the SHA-256 of each distinct body, modulo 2^64, as 16 hexadecimal digits. */
  readonly digest: string;
}

/** Adds up bodies in any order; one that comes again counts as a delivery only. */
export class BodyTally {
  #sum = 0n;
  #deliveries = 0;
  readonly #prints = new Set<bigint>();

  add(body: Uint8Array): void {
    this.#deliveries++;
    const print = createHash('sha256').update(body).digest().readBigUInt64BE();
    if (this.#prints.has(print)) return;
    this.#prints.add(print);
    this.#sum = (this.#sum + print) & MASK;
  }

  get received(): number {
    return this.#prints.size;
  }

  get seen(): Seen {
    return { received: this.received, deliveries: this.#deliveries, digest: this.#sum.toString(16).padStart(16, '0') };
  }
}

/** What anybody must have seen who got these bodies, each once. */
export function seenOf(bodies: readonly Buffer[]): Seen {
  const tally = new BodyTally();
  for (const body of bodies) tally.add(body);
  return tally.seen;
}
