import type { Random } from '../random.js';
import type { Command } from './grammar.js';

const LENGTHS = [0, 1, 2, 3, 4, 5, 255, 65_536, 65_537, 262_144, 262_145, 0x7fffffff, -1, -2, -(2 ** 31)] as const;
const MOST_CHANGES = 5;
const ENDLESS = 20_000;

const noise = (random: Random, most: number): Buffer =>
  Buffer.from(Array.from({ length: random.between(1, most) }, () => random.between(0, 255)));

/** Changes the order, the number and the announced lengths of commands. */
export function mutateTalk(random: Random, talk: readonly Command[]): Buffer {
  const commands = talk.map(({ bytes, lengths }) => ({ bytes: Buffer.from(bytes), lengths }));
  for (let left = random.between(0, 3); left > 0; left--) {
    const at = random.between(0, commands.length - 1);
    const command = commands[at];
    if (command === undefined) break;
    switch (random.between(0, 4)) {
      case 0:
        commands.splice(random.between(0, commands.length - 1), 0, ...commands.splice(at, 1));
        break;
      case 1:
        commands.splice(at, 0, command);
        break;
      case 2:
        if (commands.length > 1) commands.splice(at, 1);
        break;
      default: {
        const length = command.lengths[random.between(0, Math.max(0, command.lengths.length - 1))];
        if (length === undefined) break;
        const known = command.bytes.readInt32BE(length);
        command.bytes.writeInt32BE(random.chance(0.4) ? (known + random.between(-2, 2)) | 0 : random.pick(LENGTHS), length);
      }
    }
  }
  return Buffer.concat(commands.map(({ bytes }) => bytes));
}

/** Flips, cuts, repeats, drops and adds bytes anywhere. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let out = Buffer.from(bytes);
  for (let left = random.between(1, MOST_CHANGES); left > 0 && out.length > 0; left--) {
    const at = random.between(0, out.length - 1);
    const end = Math.min(out.length, at + random.between(1, 40));
    switch (random.between(0, 9)) {
      case 0:
        out = out.subarray(0, at);
        break;
      case 1:
        out = Buffer.concat([out.subarray(0, at), out.subarray(end)]);
        break;
      case 2:
        out = Buffer.concat([out.subarray(0, end), out.subarray(at)]);
        break;
      case 3:
        out = Buffer.concat([out.subarray(0, at), noise(random, 30), out.subarray(at)]);
        break;
      case 4:
        out = Buffer.concat([out.subarray(0, at), Buffer.alloc(ENDLESS, random.pick(['x', ' ', '\0'])), out.subarray(at)]);
        break;
      case 5:
        out[at] = random.between(0, 255);
        break;
      default:
        out[at] = (out[at] ?? 0) ^ (1 << random.between(0, 7));
    }
  }
  return out;
}

/** Cuts at random places: into few pieces, or into very many. */
export function pieces(random: Random, bytes: Buffer): Buffer[] {
  const most = random.pick([1, 7, 100, 5_000, 100_000]);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = out.length > 300 ? bytes.length : random.between(1, most);
    out.push(bytes.subarray(at, at + size));
    at += size;
  }
  return out;
}
