export { isEphemeral, isValidName } from '@nsq/protocol';
export { formatHostPort, parseAddress, type Address } from './address.js';
export type { Body } from './body.js';
export type { ConnectionOptions, SubscriberSettings } from './connection/connection-options.js';
export { BackoffState, type BackoffOptions } from './consumer/backoff.js';
export { Consumer, type ConsumerEvents } from './consumer/consumer.js';
export type { ConsumerOptions, Handler } from './consumer/consumer-options.js';
export type { Message, RequeueOptions } from './consumer/message.js';
export type { LateAnswer } from './consumer/subscription.js';
export type { DiscoveryOptions } from './discovery/discovery.js';
export { findProducers, type Found } from './discovery/lookup.js';
export {
  CLIENT_ERROR_CODES,
  NsqAbortError,
  NsqClosedError,
  NsqConnectionError,
  NsqError,
  NsqHttpError,
  NsqQueueFullError,
  NsqServerError,
  NsqTimeoutError,
  type ClientErrorCode,
} from './errors.js';
export type { CallOptions, HttpOptions } from './http/http-request.js';
export { NsqdHttpClient, type HttpPublishOptions, type StatsOptions } from './http/nsqd-http-client.js';
export type { ChannelStats, ClientStats, LatencyStats, MemoryStats, NsqdInfo, NsqdStats, TopicStats } from './http/nsqd-stats.js';
export { NsqlookupdHttpClient, type LookupNode, type LookupProducer, type LookupResult } from './http/nsqlookupd-http-client.js';
export type { NodeOptions } from './nodes.js';
export { Producer, type ProducerEvents } from './producer/producer.js';
export type { CloseOptions, ProducerOptions, PublishOptions } from './producer/producer-options.js';
export type { ReconnectOptions } from './reconnect.js';
