import { encodeIdentify, encodePub, encodeSub, type IdentifyRequest } from '@nsq/protocol';
import type { NsqdOptions } from '../src/options.js';
import { withDaemon } from './tcp/daemon.js';

/** What a client is told, or refused, under an option. */
describe('options that bound what clients may ask for', () => {
  const cases: readonly (readonly [Partial<NsqdOptions>, IdentifyRequest, string | object])[] = [
    [{ maxHeartbeatInterval: 2000 }, { heartbeat_interval: 2001 }, '!E_BAD_BODY IDENTIFY heartbeat interval (2001) is invalid'],
    [{ maxOutputBufferSize: 100 }, { output_buffer_size: 101 }, '!E_BAD_BODY IDENTIFY output buffer size (101) is invalid'],
    [{ maxOutputBufferSize: 100 }, { output_buffer_size: 100 }, { output_buffer_size: 100 }],
    [{ maxOutputBufferTimeout: 50 }, { output_buffer_timeout: 51 }, '!E_BAD_BODY IDENTIFY output buffer timeout (51) is invalid'],
    [{ maxOutputBufferTimeout: 50 }, { output_buffer_timeout: 50 }, { output_buffer_timeout: 50 }],
    [{ minOutputBufferTimeout: 40 }, { output_buffer_timeout: 39 }, '!E_BAD_BODY IDENTIFY output buffer timeout (39) is invalid'],
    [{ minOutputBufferTimeout: 1 }, { output_buffer_timeout: 1 }, { output_buffer_timeout: 1 }],
    [{ outputBufferTimeout: 77 }, {}, { output_buffer_timeout: 77 }],
    [{ msgTimeout: 1234 }, {}, { msg_timeout: 1234 }],
    [{ maxMsgTimeout: 5000 }, {}, { max_msg_timeout: 5000 }],
    [{ maxMsgTimeout: 5000 }, { msg_timeout: 5001 }, '!E_BAD_BODY IDENTIFY msg timeout (5001) is invalid'],
    [{ maxRdyCount: 9 }, {}, { max_rdy_count: 9 }],
    [{ maxDeflateLevel: 3 }, {}, { max_deflate_level: 3, deflate_level: 3 }],
    [{ authHttpAddresses: ['127.0.0.1:1'] }, {}, { auth_required: true }],
  ];

  it.each(cases)('%j, asked for %j', async (options, identify, expected) => {
    await withDaemon(options, async (daemon) => {
      const client = await daemon.client();
      const answer = await client.send(encodeIdentify({ feature_negotiation: true, ...identify })).text();
      if (typeof expected === 'string') expect(answer).toBe(expected);
      else expect(JSON.parse(answer)).toMatchObject(expected);
    });
  });
});

it('msgTimeout gives a message back to the channel', async () => {
  await withDaemon({ msgTimeout: 50, queueScanInterval: 10 }, async (daemon) => {
    const client = await daemon.client();
    await client.send(encodePub('t', Buffer.from('x'))).ok();
    await client.send(encodeSub('t', 'c'), 'RDY 1\n').ok();
    expect((await client.message()).attempts).toBe(1);
    expect((await client.message()).attempts).toBe(2);
  });
});

it.each([0, 1, 1023])('nodeId %i is the first ten bits of each message id', async (nodeId) => {
  await withDaemon({ nodeId }, async (daemon) => {
    const client = await daemon.client();
    await client.send(encodeSub('t', 'c'), encodePub('t', Buffer.from('x')), 'RDY 1\n').ok(2);
    expect(BigInt(`0x${(await client.message()).id}`) >> 54n).toBe(BigInt(nodeId));
  });
});

it('broadcast options are what /info says, the bound ports where they are left out', async () => {
  await withDaemon({ broadcastAddress: 'b.example', broadcastTcpPort: 1, broadcastHttpPort: 2 }, async (daemon) => {
    const response = await fetch(`http://127.0.0.1:${daemon.nsqd.httpPort}/info`);
    expect(await response.json()).toMatchObject({ broadcast_address: 'b.example' });
    expect(daemon.nsqd.options).toMatchObject({ broadcastTcpPort: 1, broadcastHttpPort: 2 });
  });
  await withDaemon({}, async (daemon) => {
    const { httpPort, tcpPort } = daemon.nsqd;
    for (const [key, port] of [
      ['broadcast_tcp_port', tcpPort],
      ['broadcast_http_port', httpPort],
    ] as const) {
      const response = await fetch(`http://127.0.0.1:${httpPort}/config/${key}`);
      expect(await response.text()).toBe(String(port));
    }
  });
});

it('e2eProcessingLatencyWindowTime and percentiles are what /stats goes by', async () => {
  await withDaemon({ e2eProcessingLatencyPercentiles: [0.5], e2eProcessingLatencyWindowTime: 1000 }, async (daemon) => {
    const client = await daemon.client();
    await client.send(encodePub('t', Buffer.from('x'))).ok();
    await client.send(encodeSub('t', 'c'), 'RDY 1\n').ok();
    const message = await client.message();
    client.send(`FIN ${message.id}\n`);
    expect(await client.settled()).toEqual([]);
    const stats = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${daemon.nsqd.httpPort}/stats?format=json&topic=t`)).json();
    expect(await stats()).toMatchObject({ topics: [{ e2e_processing_latency: { count: 1, percentiles: [{ quantile: 0.5 }] } }] });
    for (const until = performance.now() + 10_000; performance.now() < until;) {
      const now = (await stats()) as { topics: { e2e_processing_latency: { count: number } }[] };
      if (now.topics[0]?.e2e_processing_latency.count === 0) return;
    }
    throw new Error('the sample is never forgotten');
  });
});
