import { toNanoseconds } from '@nsq/options';
import { registerInfo } from '@nsq/service';
import type { FastifyInstance } from 'fastify';
import type { HttpContext } from './context.js';

/** `GET /info`: what a client or an operator needs to know of the daemon. */
export function registerNsqdInfo(server: FastifyInstance, context: HttpContext): void {
  const { options } = context;
  registerInfo(server, () => ({
    version: context.version,
    broadcast_address: options.broadcastAddress,
    hostname: context.hostname,
    http_port: context.httpPort,
    tcp_port: context.tcpPort,
    start_time: Math.floor(context.startTime),
    max_heartbeat_interval: Number(toNanoseconds(options.maxHeartbeatInterval)),
    max_output_buffer_size: options.maxOutputBufferSize,
    max_output_buffer_timeout: Number(toNanoseconds(options.maxOutputBufferTimeout)),
    max_deflate_level: options.maxDeflateLevel,
  }));
}
