/** Where a daemon's HTTP API is. */
export interface HttpAddress {
  readonly host: string;
  readonly httpPort: number;
}

/** What the tools read of a channel in `/stats?format=json`. */
export interface ChannelStats {
  readonly channel_name: string;
  readonly depth: number;
  readonly in_flight_count: number;
  readonly deferred_count: number;
  readonly message_count: number;
  readonly requeue_count: number;
  readonly timeout_count: number;
}

const REQUEST_TIMEOUT_MS = 30_000;

async function request(nsqd: HttpAddress, method: string, path: string): Promise<Response> {
  const response = await fetch(`http://${nsqd.host}:${nsqd.httpPort}${path}`, { method, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** Creates a topic and its channels. */
export async function createTopic(nsqd: HttpAddress, topic: string, channels: readonly string[] = []): Promise<void> {
  await (await request(nsqd, 'POST', `/topic/create?topic=${encodeURIComponent(topic)}`)).arrayBuffer();
  for (const channel of channels) {
    const query = `topic=${encodeURIComponent(topic)}&channel=${encodeURIComponent(channel)}`;
    await (await request(nsqd, 'POST', `/channel/create?${query}`)).arrayBuffer();
  }
}

/** Deletes a topic with everything in it. */
export async function deleteTopic(nsqd: HttpAddress, topic: string): Promise<void> {
  await (await request(nsqd, 'POST', `/topic/delete?topic=${encodeURIComponent(topic)}`)).arrayBuffer();
}

/** The channels of one topic as `/stats` shows them, by name; none when there is no such topic. */
export async function channelStats(nsqd: HttpAddress, topic: string): Promise<ReadonlyMap<string, ChannelStats>> {
  const response = await request(nsqd, 'GET', `/stats?format=json&include_clients=false&topic=${encodeURIComponent(topic)}`);
  const { topics } = (await response.json()) as { topics: readonly { channels: readonly ChannelStats[] }[] };
  return new Map(topics.flatMap((each) => each.channels).map((channel) => [channel.channel_name, channel]));
}

/** The names of all topics. */
export async function topicNames(nsqd: HttpAddress): Promise<string[]> {
  const response = await request(nsqd, 'GET', '/stats?format=json&include_clients=false&include_mem=false');
  const { topics } = (await response.json()) as { topics: readonly { topic_name: string }[] };
  return topics.map(({ topic_name }) => topic_name);
}

/** @throws {Error} when the daemon is not in order, or does not answer within 30 s */
export async function ping(nsqd: HttpAddress): Promise<void> {
  await (await request(nsqd, 'GET', '/ping')).arrayBuffer();
}
