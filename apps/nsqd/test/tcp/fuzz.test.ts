import { encodePub } from '@nsq/protocol';
import { eventually, withDaemon } from './daemon.js';

const CLIENTS = 400;
const AT_ONCE = 20;

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const WORDS = ['PUB', 'MPUB', 'DPUB', 'SUB', 'RDY', 'FIN', 'REQ', 'TOUCH', 'CLS', 'NOP', 'IDENTIFY', 'AUTH', 'pub', ''];
const PARAMETERS = [
  't',
  'u',
  'c',
  'c#ephemeral',
  '#ephemeral',
  't$',
  '',
  '0',
  '1',
  '5',
  '-1',
  '99999999999999999999',
  'x'.repeat(65),
  '0123456789abcdef',
];
const SIZES = [0, 1, 2, 4, 5, 9, 300, 1_048_576, 1_048_577, 5_242_881, 0x7fffffff, -1, -(2 ** 31)];
const JSON_BODIES = [
  '{}',
  'null',
  '[',
  '{"heartbeat_interval":-1}',
  '{"heartbeat_interval":1000,"output_buffer_size":-1}',
  '{"sample_rate":50}',
  '{"client_id":1}',
];
const VALID = [
  'SUB t c\n',
  'SUB u c#ephemeral\n',
  'RDY 3\n',
  'CLS\n',
  'NOP\n',
  'PUB t\n\0\0\0\x01a',
  'DPUB u 1\n\0\0\0\x02ab',
  'MPUB t\n\0\0\0\x0d\0\0\0\x01\0\0\0\x05hello',
];

/** Something between a command and noise. */
function piece(random: (below: number) => number): Buffer {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const size = (): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(pick(SIZES));
    return bytes;
  };
  const noise = (most: number): Buffer => Buffer.from(Array.from({ length: random(most) }, () => random(256)));
  switch (random(8)) {
    case 0:
      return noise(50);
    case 1:
      return Buffer.concat([Buffer.from(`${pick(WORDS)} ${pick(PARAMETERS)}\n`), size(), size(), noise(40)]);
    case 2: {
      const body = Buffer.from(pick(JSON_BODIES));
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length);
      return Buffer.concat([Buffer.from('IDENTIFY\n'), length, body]);
    }
    case 3:
      return Buffer.from(`${pick(WORDS)} ${pick(PARAMETERS)} ${pick(PARAMETERS)}${pick(['\n', '\r\n', '', ' \n'])}`);
    default:
      return Buffer.from(pick(VALID), 'latin1');
  }
}

it('stays healthy whatever comes in', async () => {
  const seed = Number(process.env['NSQ_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
  try {
    await withDaemon({}, async (daemon) => {
      const attack = async (number: number): Promise<void> => {
        const random = generator(seed + number);
        const client = daemon.connect();
        if (random(20) > 0) client.send('  V2');
        for (let left = random(30); left > 0 && !client.ended; left--) {
          const bytes = piece(random);
          const cut = random(bytes.length + 1);
          client.send(bytes.subarray(0, cut));
          if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
          client.send(bytes.subarray(cut));
        }
        if (random(3) === 0) client.socket.resetAndDestroy();
        else await client.finish().end();
      };
      for (let from = 0; from < CLIENTS; from += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => attack(from + i)));
      await eventually('all have left', () => daemon.connections === 0);
      const healthy = await (await daemon.client()).subscribe('healthy', 'c', 1);
      await healthy.send(encodePub('healthy', Buffer.from('yes'))).ok();
      expect((await healthy.message()).body.toString()).toBe('yes');
      for (const { channels } of daemon.nsqd.engine.topics.values()) {
        for (const channel of channels.values()) expect(channel.consumers.size).toBe(channel.topic.name === 'healthy' ? 1 : 0);
      }
    });
  } catch (error) {
    throw new Error(`with NSQ_FUZZ_SEED=${seed}`, { cause: error });
  }
}, 60_000);
