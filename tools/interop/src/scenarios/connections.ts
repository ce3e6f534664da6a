import { fileURLToPath } from 'node:url';
import type { ClientStats } from '@nsq/client';
import { createTopic, tlsFlags } from '@nsq/e2e';
import { startAuthServer } from '../auth-server.js';
import { bodiesOf, seenOf } from '../bodies.js';
import type { Parameters } from '../client-process.js';
import { holds, same } from '../expect.js';
import { tcpAddress, type Stage } from '../stage.js';
import { CHANNEL, CHECK, TOPIC, type Scenario } from './scenario.js';

const COUNT = 200;
/** Some bodies are longer than any buffer or window on the way. */
const SIZE = 100_000;

/** The library publishes and consumes on connections of that kind; nsqd is asked what they are. */
async function bothWays(stage: Stage, flags: readonly string[], settings: Partial<Parameters>, shown: Partial<ClientStats>): Promise<void> {
  const nsqd = await stage.nsqd(flags);
  await createTopic(nsqd, TOPIC, [CHANNEL]);
  const parameters = { nsqd: tcpAddress(nsqd), topic: TOPIC, count: COUNT, size: SIZE, ...settings };
  await stage.run('publish', parameters);
  const { maxAttempts, ...seen } = await stage.run('consume', { ...parameters, channel: CHANNEL });
  same('bodies', seen, seenOf(bodiesOf(0, COUNT, SIZE)));
  same('attempts', maxAttempts, 1);
  const connections = await stage.connections(nsqd);
  holds('a connection of the publisher and one of the consumer', connections.length >= 2);
  for (const connection of connections) same('connection', { ...connection, ...shown }, connection);
}

const CHECKED = `${COUNT} bodies of up to ${SIZE / 1000} kB published and consumed`;

export const tls: Scenario = {
  name: 'tls',
  title: 'TLS',
  checked: `${CHECKED}; nsqd demands TLS, the library checks the certificate`,
  async run(stage) {
    const ca = fileURLToPath(new URL('../../../../apps/nsqd/test/fixtures/tls/ca.pem', import.meta.url));
    await bothWays(stage, [...tlsFlags, '--tls-required=tcp-https'], { tlsCa: ca }, { tls: true });
  },
};

export const deflate: Scenario = {
  name: 'deflate',
  title: 'deflate',
  checked: `${CHECKED}; nsqd shows deflate on both connections`,
  run: (stage) => bothWays(stage, [], { compression: 'deflate' }, { deflate: true }),
};

export const snappy: Scenario = {
  name: 'snappy',
  title: 'snappy',
  checked: `${CHECKED}; nsqd shows snappy on both connections`,
  run: (stage) => bothWays(stage, [], { compression: 'snappy' }, { snappy: true }),
};

const SECRET = 'open-sesame';
const REFUSED_MS = 3_000;

export const auth: Scenario = {
  name: 'auth',
  title: 'AUTH',
  checked: 'with the secret bodies are published and consumed; with another one nothing is',
  async run(stage) {
    const server = await startAuthServer(SECRET);
    stage.atEnd(() => server.close());
    const nsqd = await stage.nsqd([`--auth-http-address=${server.address}`]);
    await createTopic(nsqd, TOPIC, [CHANNEL, CHECK]);
    const parameters = { nsqd: tcpAddress(nsqd), topic: TOPIC, count: COUNT, secret: SECRET };
    await stage.run('publish', parameters);
    const { maxAttempts, ...seen } = await stage.run('consume', { ...parameters, channel: CHANNEL });
    const expected = seenOf(bodiesOf(0, COUNT, 200));
    same('bodies', seen, expected);
    same('attempts', maxAttempts, 1);
    const refused = await stage.run('publish', { ...parameters, secret: 'another', deadlineMs: REFUSED_MS }).then(
      () => false,
      () => true,
    );
    holds('another secret is refused', refused);
    same('bodies in the end', await stage.read(nsqd, TOPIC, CHECK, COUNT, undefined, { authSecret: SECRET }), expected);
    same('message count', (await stage.channel(nsqd, TOPIC, CHECK))?.message_count, COUNT);
  },
};
