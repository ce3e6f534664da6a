import { lookupJson } from '../src/http/json.js';
import type { Peer } from '../src/registry/peer.js';
import { info, TestRegistry } from './registry.js';

const PRODUCERS = 1_000;
const TOPICS = 100;
const CHANNELS = 3;
const LOOKUPS = 1_000;
const MAX_LOOKUP_MS = 5;
const MAX_LEAVE_MS = 5;

function quantile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * q)] ?? NaN;
}

function time(action: () => void): number {
  const started = performance.now();
  action();
  return performance.now() - started;
}

describe(`with ${PRODUCERS} producers of ${TOPICS} topics with ${CHANNELS} channels`, () => {
  const { db } = new TestRegistry();
  const peers: Peer[] = [];

  beforeAll(() => {
    for (let p = 0; p < PRODUCERS; p++) {
      const peer = db.identify(info(p));
      peers.push(peer);
      for (let t = 0; t < TOPICS; t++) for (let c = 0; c < CHANNELS; c++) db.register(peer, `topic-${t}`, `channel-${c}`);
    }
  });

  it(`answers a lookup in less than ${MAX_LOOKUP_MS} ms at the 99th percentile`, () => {
    const times: number[] = [];
    for (let i = 0; i < LOOKUPS; i++) {
      const topic = `topic-${i % TOPICS}`;
      times.push(time(() => lookupJson(db.channels(topic), db.lookup(topic) ?? [])));
    }
    expect(db.lookup('topic-0')).toHaveLength(PRODUCERS);
    expect(quantile(times, 0.99)).toBeLessThan(MAX_LOOKUP_MS);
  });

  it('forgets a lost connection in the time its own registrations take', () => {
    const few = db.identify(info(PRODUCERS));
    db.register(few, 'topic-0', 'channel-0');
    const lost = [few, ...peers.splice(0, 100)];
    expect(
      quantile(
        lost.map((peer) => time(() => db.leave(peer))),
        0.9,
      ),
    ).toBeLessThan(MAX_LEAVE_MS);
    expect(db.lookup('topic-99')).toHaveLength(PRODUCERS - 100);
  });
});
