import type { Body, Producer } from '@nsq/client';

/**
 * Publishes, and connects before if there is no connection: fails as soon as that fails, instead of waiting for one.
 * @throws {NsqError}
 */
export async function publishNow(producer: Producer, topic: string, body: Body): Promise<void> {
  if (producer.connections.length === 0) await producer.connect();
  await producer.publish(topic, body);
}
