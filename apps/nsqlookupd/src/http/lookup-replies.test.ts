import fc from 'fast-check';
import { info, TestRegistry } from '../../test/registry.js';
import type { Peer } from '../registry/peer.js';
import { lookupJson } from './json.js';
import { LookupReplies } from './lookup-replies.js';

const fresh = ({ db }: TestRegistry, topic: string): string | undefined => {
  const producers = db.lookup(topic);
  return producers === undefined ? undefined : lookupJson(db.channels(topic), producers);
};

/** A registry, its replies, and four peers that may have left. */
class Model {
  readonly registry = new TestRegistry({ inactiveProducerTimeout: 300, tombstoneLifetime: 45 });
  readonly replies = new LookupReplies(this.registry.db, this.registry.clock);
  readonly peers: Peer[] = [1, 2, 3, 4].map((n) => this.registry.db.identify(info(n)));
}

type Step = (model: Model) => void;

const peer = fc.nat(3);
const topic = fc.constantFrom('t', 'u', 'e#ephemeral');
const channel = fc.constantFrom('', 'c', 'd#ephemeral');
const on = (index: number, act: (of: Peer) => void, { peers }: Model): void => {
  const one = peers[index];
  if (one !== undefined) act(one);
};
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(peer, topic, channel).map(
    ([p, t, c]): Step =>
      (m) =>
        on(p, (one) => m.registry.db.register(one, t, c), m),
  ),
  fc.tuple(peer, topic, channel).map(
    ([p, t, c]): Step =>
      (m) =>
        on(p, (one) => m.registry.db.unregister(one, t, c), m),
  ),
  peer.map(
    (p): Step =>
      (m) =>
        on(p, (one) => m.registry.db.ping(one), m),
  ),
  peer.map((p): Step => (m) => {
    on(p, (one) => m.registry.db.leave(one), m);
    m.peers[p] = m.registry.db.identify(info(p + 1));
  }),
  fc.tuple(topic, peer).map(
    ([t, p]): Step =>
      (m) =>
        m.registry.db.tombstone(t, `b${p + 1}.example:4151`),
  ),
  topic.map(
    (t): Step =>
      (m) =>
        m.registry.db.createTopic(t),
  ),
  topic.map(
    (t): Step =>
      (m) =>
        m.registry.db.deleteTopic(t),
  ),
  topic.map(
    (t): Step =>
      (m) =>
        m.registry.db.createChannel(t, 'made'),
  ),
  topic.map(
    (t): Step =>
      (m) =>
        m.registry.db.deleteChannel(t, 'made'),
  ),
  fc.constantFrom(1, 44, 45, 255, 300, 301).map(
    (ms): Step =>
      (m) =>
        (m.registry.now += ms),
  ),
);

it('says what the registry says, whatever happens in between', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const model = new Model();
      for (const apply of steps) {
        apply(model);
        for (const name of ['t', 'u', 'e#ephemeral']) expect(model.replies.get(name)?.toString()).toBe(fresh(model.registry, name));
      }
    }),
    { numRuns: 300 },
  );
});

it('gives the same bytes while nothing has changed', () => {
  const { registry, replies, peers } = new Model();
  for (const one of peers) registry.db.register(one, 't');
  const first = replies.get('t');
  registry.now += 200;
  for (const one of peers) registry.db.ping(one);
  expect(replies.get('t')).toBe(first);
});

it('keeps what was asked for last, within its bound', () => {
  const registry = new TestRegistry();
  const producer = registry.db.identify(info(1));
  const names = Array.from({ length: 10 }, (_, index) => `t${index}`);
  for (const name of names) registry.db.register(producer, name);
  const size = fresh(registry, 't0')?.length ?? 0;
  const replies = new LookupReplies(registry.db, registry.clock, 4 * size);
  const first = names.map((name) => replies.get(name));
  const kept = names.map((name, index) => replies.get(name) === first[index]);
  // Asking for the old ones in order drives the new ones out, one by one.
  expect(kept).toEqual(names.map(() => false));
  const last = replies.get('t9');
  expect(replies.get('t6')).not.toBe(first[6]);
  expect(replies.get('t9')).toBe(last);
});
