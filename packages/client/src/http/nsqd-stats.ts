/** Answer of nsqd's /info. */
export interface NsqdInfo {
  readonly version: string;
  readonly broadcast_address: string;
  readonly hostname: string;
  /** -1 for a unix socket, 0 for none. */
  readonly http_port: number;
  readonly tcp_port: number;
  /** Unix seconds. */
  readonly start_time: number;
  /** Nanoseconds. */
  readonly max_heartbeat_interval: number;
  readonly max_output_buffer_size: number;
  /** Nanoseconds. */
  readonly max_output_buffer_timeout: number;
  readonly max_deflate_level: number;
}

/** Values in nanoseconds; `percentiles` is null without measurements. */
export interface LatencyStats {
  readonly count: number;
  readonly percentiles: readonly { readonly quantile: number; readonly value: number }[] | null;
}

/** A consumer or producer that is connected. */
export interface ClientStats {
  readonly client_id: string;
  readonly hostname: string;
  readonly version: string;
  readonly remote_address: string;
  /** 0 new, 3 subscribed, 4 closing. */
  readonly state: number;
  readonly ready_count: number;
  readonly in_flight_count: number;
  readonly message_count: number;
  readonly finish_count: number;
  readonly requeue_count: number;
  /** Unix seconds. */
  readonly connect_ts: number;
  readonly sample_rate: number;
  readonly deflate: boolean;
  readonly snappy: boolean;
  readonly user_agent: string;
  readonly authed?: boolean;
  readonly auth_identity?: string;
  readonly auth_identity_url?: string;
  readonly pub_counts?: readonly { readonly topic: string; readonly count: number }[];
  readonly tls: boolean;
  readonly tls_cipher_suite: string;
  readonly tls_version: string;
  readonly tls_negotiated_protocol: string;
  readonly tls_negotiated_protocol_is_mutual: boolean;
}

export interface ChannelStats {
  readonly channel_name: string;
  /** Messages queued, in memory and on disk; without those in flight and deferred. */
  readonly depth: number;
  readonly backend_depth: number;
  readonly in_flight_count: number;
  readonly deferred_count: number;
  readonly message_count: number;
  readonly requeue_count: number;
  readonly timeout_count: number;
  readonly client_count: number;
  /** Null when clients were not asked for. */
  readonly clients: readonly ClientStats[] | null;
  readonly paused: boolean;
  readonly e2e_processing_latency: LatencyStats;
}

export interface TopicStats {
  readonly topic_name: string;
  readonly channels: readonly ChannelStats[];
  /** Messages in the topic itself, not in channels. */
  readonly depth: number;
  readonly backend_depth: number;
  readonly message_count: number;
  readonly message_bytes: number;
  readonly paused: boolean;
  readonly e2e_processing_latency: LatencyStats;
}

export interface MemoryStats {
  readonly heap_objects: number;
  readonly heap_idle_bytes: number;
  readonly heap_in_use_bytes: number;
  readonly heap_released_bytes: number;
  readonly gc_pause_usec_100: number;
  readonly gc_pause_usec_99: number;
  readonly gc_pause_usec_95: number;
  readonly next_gc_bytes: number;
  readonly gc_total_runs: number;
}

/** Answer of nsqd's /stats. What a daemon gives as null for an empty list is an empty list here. */
export interface NsqdStats {
  readonly version: string;
  /** `OK`, or `NOK - ` and why. */
  readonly health: string;
  /** Unix seconds. */
  readonly start_time: number;
  readonly topics: readonly TopicStats[];
  readonly memory?: MemoryStats;
  readonly producers: readonly ClientStats[];
}
