import { assert, constantFrom, integer, nat, property, array, oneof, record, constant } from 'fast-check';
import { Model } from '../../test/model.js';
import { info, LIMITS, TestRegistry } from '../../test/registry.js';
import type { Peer } from './peer.js';

const NODE = 'b1.example:4151';

describe('visibility', () => {
  it('hides a peer that was silent for longer than the timeout, until its next ping', () => {
    const registry = new TestRegistry();
    const { db } = registry;
    const peer = db.identify(info(1));
    db.register(peer, 't', 'c');
    registry.now = 300_000;
    expect([db.lookup('t'), db.nodes().length]).toEqual([[peer], 1]);
    db.register(peer, 't2'); // no sign of life
    registry.now = 300_001;
    expect([db.lookup('t'), db.nodes(), [...db.topics()]]).toEqual([[], [], ['t', 't2']]);
    expect(db.ping(peer)).toBe(300_001);
    expect([db.lookup('t'), db.nodes().length]).toEqual([[peer], 1]);
  });

  it('hides a tombstoned producer from lookups of that topic for the lifetime', () => {
    const registry = new TestRegistry();
    const { db } = registry;
    const peer = db.identify(info(1));
    db.register(peer, 't', 'c');
    db.register(peer, 'other');
    db.tombstone('t', NODE);
    registry.now = 44_999;
    expect([db.lookup('t'), db.lookup('other')]).toEqual([[], [peer]]);
    expect(db.nodes()[0]?.topics).toEqual([
      { topic: 't', tombstoned: true },
      { topic: 'other', tombstoned: false },
    ]);
    registry.now = 45_000;
    expect(db.lookup('t')).toEqual([peer]);
  });

  it('keeps a tombstone over a second REGISTER and over UNREGISTER of a channel, not over UNREGISTER of the topic', () => {
    const { db } = new TestRegistry();
    const peer = db.identify(info(1));
    db.register(peer, 't', 'c');
    db.tombstone('t', NODE);
    db.register(peer, 't', 'c2');
    db.unregister(peer, 't', 'c');
    expect(db.lookup('t')).toEqual([]);
    db.unregister(peer, 't');
    db.register(peer, 't');
    expect(db.lookup('t')).toEqual([peer]);
  });

  it('has no tombstone for a peer that has reconnected', () => {
    const { db } = new TestRegistry();
    const peer = db.identify(info(1));
    db.register(peer, 't');
    db.tombstone('t', NODE);
    db.leave(peer);
    const again = db.identify(info(1));
    db.register(again, 't');
    expect(db.lookup('t')).toEqual([again]);
  });

  it.each([['b1.example:4150'], ['b1.example'], ['B1.example:4151'], ['[b1.example]:4151']])('sets no tombstone for node %s', (node) => {
    const { db } = new TestRegistry();
    const peer = db.identify(info(1));
    db.register(peer, 't');
    db.tombstone('t', node);
    expect(db.lookup('t')).toEqual([peer]);
  });
});

it('reports changes only', () => {
  const events: string[] = [];
  const { db } = new TestRegistry(LIMITS, {
    registered: (_, { category, key, subkey }) => events.push(`+${category}:${key}:${subkey}`),
    unregistered: (_, { category, key, subkey }, unexpected) => events.push(`${unexpected ? '!' : '-'}${category}:${key}:${subkey}`),
  });
  const peer = db.identify(info(1));
  db.register(peer, 't', 'c');
  db.register(peer, 't', 'c');
  db.unregister(peer, 'unknown', 'c');
  db.unregister(peer, 'unknown');
  db.unregister(peer, 't');
  db.register(peer, 'u', 'c');
  db.leave(peer);
  db.leave(peer);
  expect(events).toEqual([
    ...['+client::', '+channel:t:c', '+topic:t:', '!channel:t:c', '-topic:t:'],
    ...['+channel:u:c', '+topic:u:', '-channel:u:c', '-topic:u:', '-client::'],
  ]);
});

const peer = nat({ max: 3 });
const topic = constantFrom('a', 'b', 'e#ephemeral');
const channel = constantFrom('', 'c', 'd', 'f#ephemeral');
const action = oneof(
  record({ what: constantFrom('connect', 'ping', 'leave', 'register', 'register', 'unregister'), peer, topic, channel }),
  record({ what: constantFrom('create', 'deleteTopic', 'deleteChannel', 'tombstone'), peer, topic, channel }),
  record({ what: constant('wait'), peer: integer({ min: 1, max: 60 }), topic, channel }),
);

it('says what a naive model says, whatever happens', () => {
  assert(
    property(array(action, { maxLength: 60 }), (actions) => {
      const limits = { inactiveProducerTimeout: 100, tombstoneLifetime: 40 };
      const registry = new TestRegistry(limits);
      const { db } = registry;
      const model = new Model(limits.inactiveProducerTimeout, limits.tombstoneLifetime);
      const peers = new Map<number, Peer>();
      let connections = 0;
      for (const { what, peer: n, topic: t, channel: c } of actions) {
        const found = peers.get(n);
        const node = `b${n % 2}.example:4151`; // two peers share each
        if (what === 'wait') {
          registry.now += n;
          model.now += n;
        } else if (what === 'connect' && found === undefined) {
          const fresh = info(connections++, { broadcastAddress: `b${n % 2}.example` });
          peers.set(n, db.identify(fresh));
          model.identify(fresh.remoteAddress, node);
        } else if (what === 'create') {
          if (c === '') db.createTopic(t);
          else db.createChannel(t, c);
          model.create(t, c);
        } else if (what === 'deleteTopic') {
          db.deleteTopic(t);
          model.deleteTopic(t);
        } else if (what === 'deleteChannel') {
          expect(db.deleteChannel(t, c)).toBe(model.deleteChannel(t, c));
        } else if (what === 'tombstone') {
          db.tombstone(t, node);
          model.tombstone(t, node);
        } else if (found !== undefined && what === 'ping') {
          db.ping(found);
          model.ping(found.id);
        } else if (found !== undefined && what === 'leave') {
          db.leave(found);
          model.leave(found.id);
          peers.delete(n);
        } else if (found !== undefined && what === 'register') {
          db.register(found, t, c);
          model.register(found.id, t, c);
        } else if (found !== undefined && what === 'unregister') {
          db.unregister(found, t, c);
          model.unregister(found.id, t, c);
        }
        expect([...db.topics()].sort()).toEqual(model.topics());
        for (const each of ['a', 'b', 'e#ephemeral']) {
          expect([...db.channels(each)].sort()).toEqual(model.channels(each));
          expect(
            db
              .lookup(each)
              ?.map(({ id }) => id)
              .sort(),
          ).toEqual(model.lookup(each));
        }
        const nodes = db.nodes().map((each) => {
          const topics = each.topics.map(({ topic: name, tombstoned }) => `topic:${name}: ${String(tombstoned)}`);
          return `${each.peer.id} ${topics.sort().join()}`;
        });
        expect(nodes.sort()).toEqual(model.nodes());
        const all = [...db.registrations()].flatMap(({ registration: { category, key, subkey }, producers }) =>
          Array.from(producers, (each) => `${category}:${key}:${subkey} ${each.peer.id} ${String(each.tombstonedAt?.monotonic)}`),
        );
        expect(all.sort()).toEqual(model.registrations());
      }
    }),
    { numRuns: 300 },
  );
});
