import type { IdentifyRequest } from '@nsq/protocol';
import { ProtocolError } from '@nsq/protocol';
import type { NsqdOptions } from '../../options.js';

const DEFAULT_DEFLATE_LEVEL = 6;

/** What lies between a connection's socket and its commands: TLS first, then at most one compression. */
export interface Layers {
  readonly tls: boolean;
  readonly deflate: boolean;
  /** 1 to 9; what would be used when `deflate` is off. */
  readonly deflateLevel: number;
  readonly snappy: boolean;
}

/** @param tlsOffered there is a certificate @throws {ProtocolError} `E_IDENTIFY_FAILED` for two compressions */
export function chooseLayers(request: IdentifyRequest, options: NsqdOptions, tlsOffered: boolean): Layers {
  const deflate = options.deflate && request.deflate === true;
  const snappy = options.snappy && request.snappy === true;
  if (deflate && snappy) throw new ProtocolError('E_IDENTIFY_FAILED', 'cannot enable both deflate and snappy compression');
  const asked = request.deflate_level ?? 0;
  return {
    tls: tlsOffered && request.tls_v1 === true,
    deflate,
    deflateLevel: Math.min(deflate && asked > 0 ? asked : DEFAULT_DEFLATE_LEVEL, options.maxDeflateLevel),
    snappy,
  };
}
