import { checkIdentify, type IdentifyRequest, type IdentifyResponse } from '@nsq/protocol';
import type { NsqdOptions } from '../options.js';
import type { Layers } from './upgrades/layers.js';

/** Half of the reference's fixed client timeout; no option changes it. */
const DEFAULT_HEARTBEAT_INTERVAL = 30_000;
const DEFAULT_OUTPUT_BUFFER_SIZE = 16_384;

/** What a client has asked for and been granted. Milliseconds and bytes. */
export class ClientSettings {
  clientId: string;
  hostname: string;
  userAgent = '';
  /** 0 for none. */
  heartbeatInterval = DEFAULT_HEARTBEAT_INTERVAL;
  outputBufferSize = DEFAULT_OUTPUT_BUFFER_SIZE;
  outputBufferTimeout: number;
  msgTimeout: number;
  sampleRate = 0;

  /** @param peerAddress the client's IP address, its name until it gives another */
  constructor(peerAddress: string, options: NsqdOptions) {
    this.clientId = peerAddress;
    this.hostname = peerAddress;
    this.outputBufferTimeout = options.outputBufferTimeout;
    this.msgTimeout = options.msgTimeout;
  }

  /**
   * Takes over what an IDENTIFY says; 0 and absent values keep what was, the three names are always overwritten.
   * @throws {ProtocolError} `E_BAD_BODY`, and nothing has changed
   */
  apply(request: IdentifyRequest, options: NsqdOptions): void {
    checkIdentify(request, options);
    this.clientId = request.client_id ?? '';
    this.hostname = request.hostname ?? '';
    this.userAgent = request.user_agent ?? '';
    if (request.heartbeat_interval) this.heartbeatInterval = Math.max(0, request.heartbeat_interval);
    if (request.output_buffer_timeout) this.outputBufferTimeout = Math.max(0, request.output_buffer_timeout);
    if (request.output_buffer_size === -1) {
      this.outputBufferSize = 1;
      this.outputBufferTimeout = 0;
    } else if (request.output_buffer_size) {
      this.outputBufferSize = request.output_buffer_size;
    }
    if (request.msg_timeout) this.msgTimeout = request.msg_timeout;
    this.sampleRate = request.sample_rate ?? 0;
  }
}

/** The answer to an IDENTIFY with feature negotiation. */
export function negotiate(settings: ClientSettings, layers: Layers, options: NsqdOptions, version: string): IdentifyResponse {
  return {
    max_rdy_count: options.maxRdyCount,
    version,
    max_msg_timeout: options.maxMsgTimeout,
    msg_timeout: settings.msgTimeout,
    tls_v1: layers.tls,
    deflate: layers.deflate,
    deflate_level: layers.deflateLevel,
    max_deflate_level: options.maxDeflateLevel,
    snappy: layers.snappy,
    sample_rate: settings.sampleRate,
    auth_required: options.authHttpAddresses.length > 0,
    output_buffer_size: settings.outputBufferSize,
    output_buffer_timeout: settings.outputBufferTimeout,
  };
}
