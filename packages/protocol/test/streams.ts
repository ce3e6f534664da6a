import fc from 'fast-check';
import {
  CLS,
  NOP,
  encodeAuth,
  encodeDpub,
  encodeFin,
  encodeIdentify,
  encodeMpub,
  encodePub,
  encodeRdy,
  encodeReq,
  encodeSub,
  encodeTouch,
} from '../src/commands.js';

/** Encoded commands and what a Recording writes down for them. */
export interface Sample {
  bytes: Buffer;
  expected: string[];
}

const LF = 10;
const CR = 13;

export const topics = fc
  .tuple(fc.stringMatching(/^[.a-zA-Z0-9_-]{1,20}$/), fc.boolean())
  .map(([name, ephemeral]) => (ephemeral ? `${name}#ephemeral` : name));
// Few names, so that the same topic often comes twice in a row, and names that begin alike.
const fewTopics = fc.oneof(fc.constantFrom('t', 'to', 'tt', 't#ephemeral'), topics);
export const payloads = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const hexIds = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)).map(([hi, lo]) => ({
  text: hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0'),
  words: `${hi | 0} ${lo | 0}`,
}));
// A g in each half: not ours, yet well-formed.
const foreignIds = fc.stringMatching(/^g[!-~]{7}g[!-~]{7}$/).map((text) => ({ text, words: 'NaN NaN' }));
const ids = fc.oneof(hexIds, foreignIds);
const millis = fc.nat(3_600_000);

const sample = (bytes: Buffer, ...expected: string[]): Sample => ({ bytes, expected });

const anywhere: fc.Arbitrary<Sample>[] = [
  fc.constant(sample(NOP, 'NOP')),
  fc.tuple(fewTopics, payloads).map(([topic, body]) => sample(encodePub(topic, body), `PUB ${topic} ${body.toString('hex')}`)),
  fc
    .tuple(fewTopics, millis, payloads)
    .map(([topic, ms, body]) => sample(encodeDpub(topic, ms, body), `DPUB ${topic} ${ms} ${body.toString('hex')}`)),
  fc
    .tuple(fewTopics, fc.array(payloads, { minLength: 1, maxLength: 6 }))
    .map(([topic, list]) =>
      sample(encodeMpub(topic, list), `MPUB begins ${topic}`, `MPUB ${list.length} ${list.map((body) => body.toString('hex')).join(' ')}`),
    ),
];
const early: fc.Arbitrary<Sample>[] = [
  fc
    .record({ client_id: fc.string(), heartbeat_interval: fc.integer(), snappy: fc.boolean() })
    .map((request) => sample(encodeIdentify(request), `IDENTIFY ${Buffer.from(JSON.stringify(request)).toString('hex')}`)),
  payloads.map((secret) => sample(encodeAuth(secret), `AUTH ${secret.toString('hex')}`)),
];
const late: fc.Arbitrary<Sample>[] = [
  ids.map(({ text, words }) => sample(encodeFin(text), `FIN ${text} ${words}`)),
  ids.map(({ text, words }) => sample(encodeTouch(text), `TOUCH ${text} ${words}`)),
  fc.tuple(ids, millis).map(([{ text, words }, ms]) => sample(encodeReq(text, ms), `REQ ${text} ${words} ${ms}`)),
];
const rdy = fc.nat(2500).map((count) => sample(encodeRdy(count), `RDY ${count}`));
const ignoredRdy = fc.constant(sample(Buffer.from('RDY xyz\n')));

/** The same command with its line ended by CR LF. */
function withCarriageReturn({ bytes, expected }: Sample): Sample {
  const at = bytes.indexOf(LF);
  return { bytes: Buffer.concat([bytes.subarray(0, at), Buffer.of(CR), bytes.subarray(at)]), expected };
}

const some = (kinds: fc.Arbitrary<Sample>[]): fc.Arbitrary<Sample[]> =>
  fc.array(
    fc.tuple(fc.oneof(...kinds), fc.boolean()).map(([one, cr]) => (cr ? withCarriageReturn(one) : one)),
    { maxLength: 12 },
  );

/** Streams of valid commands of one connection: before SUB, subscribed, and closing. */
export const streams: fc.Arbitrary<Sample> = fc
  .tuple(
    some([...anywhere, ...early]),
    fc.tuple(topics, topics).map(([topic, channel]) => sample(encodeSub(topic, channel), `SUB ${topic} ${channel}`)),
    some([...anywhere, ...late, rdy]),
    some([...anywhere, ...late, ignoredRdy]),
  )
  .map(([before, sub, subscribed, closing]) => {
    const all = [...before, sub, ...subscribed, sample(CLS, 'CLS'), ...closing];
    return { bytes: Buffer.concat(all.map(({ bytes }) => bytes)), expected: all.flatMap(({ expected }) => expected) };
  });
