import { goJson } from '@nsq/service';
import type { Peer, Producer } from '../registry/peer.js';
import type { Node, RegistrationDb } from '../registry/registration-db.js';

/** What the reference shows as the time of a tombstone that was never set. */
const NEVER = -6795364578871345152n;

const producers = new WeakMap<Peer, string>();

/** A producer as `/lookup` and `/nodes` show it. Made once for each peer: nothing in it changes. */
export function producerJson(peer: Peer): string {
  let text = producers.get(peer);
  if (text === undefined) {
    const { remoteAddress, hostname, broadcastAddress, tcpPort, httpPort, version } = peer.info;
    text = goJson({
      remote_address: remoteAddress,
      hostname,
      broadcast_address: broadcastAddress,
      tcp_port: tcpPort,
      http_port: httpPort,
      version,
    });
    producers.set(peer, text);
  }
  return text;
}

export function lookupJson(channels: Iterable<string>, peers: readonly Peer[]): string {
  return `{"channels":${goJson([...channels])},"producers":[${peers.map(producerJson).join(',')}]}`;
}

export function nodesJson(nodes: readonly Node[]): string {
  const texts = nodes.map(({ peer, topics }) => {
    const tombstones = topics.map(({ tombstoned }) => String(tombstoned)).join(',');
    const names = goJson(topics.map(({ topic }) => topic));
    return `${producerJson(peer).slice(0, -1)},"tombstones":[${tombstones}],"topics":${names}}`;
  });
  return `{"producers":[${texts.join(',')}]}`;
}

/** The whole registry, as `/debug` shows it: keys sorted, times exact to the nanosecond. */
export function registryJson(db: RegistrationDb): string {
  const plain = new Map<Peer, string>(); // a peer looks the same wherever it has no tombstone
  const textOf = (producer: Producer): string => {
    if (producer.tombstonedAt !== null) return registeredJson(producer);
    let text = plain.get(producer.peer);
    if (text === undefined) plain.set(producer.peer, (text = registeredJson(producer)));
    return text;
  };
  const members = Array.from(db.registrations(), ({ registration, producers: found }) => {
    const { category, key, subkey } = registration;
    return { name: `${category}:${key}:${subkey}`, text: Array.from(found, textOf).join(',') };
  });
  members.sort((a, b) => (a.name < b.name ? -1 : 1));
  return `{${members.map(({ name, text }) => `${goJson(name)}:[${text}]`).join(',')}}`;
}

function registeredJson({ peer, tombstonedAt }: Producer): string {
  const { info, id, lastUpdate } = peer;
  const at = tombstonedAt?.wall ?? NEVER;
  return (
    `{"broadcast_address":${goJson(info.broadcastAddress)},"hostname":${goJson(info.hostname)},"http_port":${info.httpPort},` +
    `"id":${goJson(id)},"last_update":${lastUpdate.wall},"tcp_port":${info.tcpPort},` +
    `"tombstoned":${String(tombstonedAt !== null)},"tombstoned_at":${at},"version":${goJson(info.version)}}`
  );
}
