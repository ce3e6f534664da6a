import { encodeAuth, encodeDpub, encodeFin, encodeIdentify, encodeMpub, encodePub, encodeReq, encodeTouch } from '@nsq/protocol';
import type { Random } from '../random.js';

/** The daemon runs with this, so that bodies beyond the bounds are short. */
export const MAX_MSG_BYTES = 64 * 1024;
export const MAX_BODY_BYTES = 256 * 1024;

/** A command, and where in it four bytes say how long something is, or how many. */
export interface Command {
  readonly bytes: Buffer;
  readonly lengths: readonly number[];
}

const TOPICS = ['fuzz', 'fuzz2', 'fuzz#ephemeral', 'f'] as const;
const CHANNELS = ['c', 'd', 'c#ephemeral'] as const;
const COUNTS = ['0', '1', '2', '50', '2500', '2501', '-1', '', '18446744073709551615', '1x'] as const;
const NO_ID = '0123456789abcdef';

function sizeOf(random: Random): number {
  const kind = random.next();
  if (kind < 0.9) return random.between(1, 300);
  return kind < 0.98 ? random.between(1, MAX_MSG_BYTES) : random.between(MAX_MSG_BYTES, MAX_MSG_BYTES + 2);
}

function bodyOf(random: Random): Buffer {
  const size = sizeOf(random);
  if (random.chance(0.5)) return Buffer.alloc(size, 'again and ');
  return Buffer.from(Array.from({ length: size }, () => random.between(0, 255)));
}

const line = (text: string): Command => ({ bytes: Buffer.from(text, 'latin1'), lengths: [] });
/** A command whose length stands right behind its line. */
const sized = (bytes: Buffer, ...more: readonly number[]): Command => {
  const at = bytes.indexOf('\n') + 1;
  return { bytes, lengths: [at, ...more.map((offset) => at + offset)] };
};

function mpub(random: Random): Command {
  const bodies = Array.from({ length: random.between(1, 12) }, () => bodyOf(random));
  const offsets = [4];
  let at = 8;
  for (const body of bodies) {
    offsets.push(at);
    at += 4 + body.length;
  }
  return sized(encodeMpub(random.pick(TOPICS), bodies), ...offsets);
}

function identify(random: Random): Command {
  return sized(
    encodeIdentify({
      client_id: 'fuzz',
      feature_negotiation: random.chance(0.5),
      heartbeat_interval: random.pick([-1, 0, 999, 1000, 30_000, 60_001]),
      output_buffer_size: random.pick([-1, 0, 63, 64, 65_536, 65_537]),
      output_buffer_timeout: random.pick([-1, 0, 24, 25, 30_001]),
      sample_rate: random.pick([0, 0, 50, 99, 100, -1]),
      msg_timeout: random.pick([0, 999, 1000, 900_001]),
      tls_v1: random.chance(0.1),
      snappy: random.chance(0.1),
      deflate: random.chance(0.1),
    }),
  );
}

/** One command that is right in itself; whether it is right where it stands is another matter. */
export function commandOf(random: Random): Command {
  const kind = random.between(0, 99);
  if (kind < 25) return sized(encodePub(random.pick(TOPICS), bodyOf(random)));
  if (kind < 40) return mpub(random);
  if (kind < 48) return sized(encodeDpub(random.pick(TOPICS), random.between(0, 300), bodyOf(random)));
  if (kind < 60) return line(`SUB ${random.pick(TOPICS)} ${random.pick(CHANNELS)}\n`);
  if (kind < 70) return line(`RDY ${random.pick(COUNTS)}\n`);
  if (kind < 74) return line(encodeFin(NO_ID).toString());
  if (kind < 78) return line(encodeReq(NO_ID, random.between(0, 100)).toString());
  if (kind < 82) return line(encodeTouch(NO_ID).toString());
  if (kind < 90) return line('NOP\n');
  if (kind < 93) return line('CLS\n');
  if (kind < 97) return identify(random);
  if (kind < 98) return sized(encodeAuth('secret'));
  return line(`${random.pick(['FOO', '', 'pub', 'PUB  ', 'SUB a', 'DPUB fuzz x', 'NOP\r'])}\n`);
}

/** A client's whole talk behind the magic: mostly one that is in order. */
export function talkOf(random: Random): Command[] {
  const commands: Command[] = [];
  const count = random.between(1, 25);
  if (random.chance(0.5)) commands.push(line(`SUB ${random.pick(TOPICS)} ${random.pick(CHANNELS)}\n`), line('RDY 50\n'));
  while (commands.length < count) {
    const command = commandOf(random);
    // A second SUB, or one of the other ends of a talk, is the exception here: what follows it is not looked at.
    if (command.lengths.length > 0 || random.chance(0.4)) commands.push(command);
  }
  return commands;
}
