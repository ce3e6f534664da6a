import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { eventually, withDaemon } from './tcp/daemon.js';

/** Sends a request to the daemon's HTTP listener. */
async function ask(port: number, path: string, body?: string): Promise<string> {
  const reply = await fetch(`http://127.0.0.1:${port}${path}`, { method: body === undefined ? 'GET' : 'POST', ...(body && { body }) });
  return reply.text();
}

it('pushes to statsd and sends what is left when it stops', async () => {
  const server = createSocket('udp4');
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  let received = '';
  server.on('message', (bytes) => (received += bytes.toString()));
  try {
    const { port } = server.address();
    const options = {
      statsdAddress: `127.0.0.1:${port}`,
      statsdInterval: 1500,
      statsdUdpPacketSize: 40,
      statsdPrefix: 'nsq.%s',
      broadcastAddress: 'vm',
    };
    let prefix = '';
    await withDaemon(options, async ({ nsqd }) => {
      prefix = `nsq.vm_${nsqd.httpPort}.`;
      await ask(nsqd.httpPort, '/pub?topic=t', 'abc');
      await eventually('the first packet', () => received !== '', 10_000);
    });
    await eventually('the last packet', () => received.includes('gc_runs'), 10_000);
    expect(received.startsWith(`${prefix}topic.t.message_count:1|c\n${prefix}topic.t.message_bytes:3|c\n`)).toBe(true);
  } finally {
    server.close();
  }
});

it('leaves memory and ephemeral topics out when it is told to', async () => {
  const server = createSocket('udp4');
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  let received = '';
  server.on('message', (bytes) => (received += bytes.toString()));
  try {
    const { port } = server.address();
    const options = { statsdAddress: `127.0.0.1:${port}`, statsdInterval: 1500, statsdMemStats: false, statsdExcludeEphemeral: true };
    await withDaemon(options, async ({ nsqd }) => {
      await ask(nsqd.httpPort, '/pub?topic=kept', 'abc');
      await ask(nsqd.httpPort, '/pub?topic=gone%23ephemeral', 'abc');
      await eventually('the first packet', () => received !== '', 10_000);
    });
    server.send('the end', port, '127.0.0.1');
    await eventually('the end', () => received.endsWith('the end'), 10_000);
    expect(received).toContain('topic.kept.message_count:1|c');
    expect(received).not.toMatch(/mem\.|gone/);
  } finally {
    server.close();
  }
});
