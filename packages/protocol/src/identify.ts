import { ProtocolError } from './errors.js';
import { eachMember } from './json-members.js';

/** What a client says of itself and asks for. Every field may be left out. */
export interface IdentifyRequest {
  client_id?: string;
  hostname?: string;
  user_agent?: string;
  /** Ask for the JSON answer of IdentifyResponse; without it nsqd says `OK` and upgrades nothing. */
  feature_negotiation?: boolean;
  /** Milliseconds between heartbeats, 1000 to `--max-heartbeat-interval`; -1 turns them off (no SUB then); 0 keeps 30 000. */
  heartbeat_interval?: number;
  /** Bytes that nsqd may collect before it writes, 64 to `--max-output-buffer-size`; -1 for none; 0 keeps 16 384. */
  output_buffer_size?: number;
  /** Milliseconds that nsqd may hold output back, within `--min-output-buffer-timeout` and `--max-output-buffer-timeout`; -1 for no limit; 0 keeps the default. */
  output_buffer_timeout?: number;
  tls_v1?: boolean;
  snappy?: boolean;
  deflate?: boolean;
  deflate_level?: number;
  /** Percent of messages to receive, 1 to 99; the others are dropped for this channel. 0 receives all. */
  sample_rate?: number;
  /** Milliseconds until an unanswered message is requeued, 1000 to `--max-msg-timeout`; 0 keeps `--msg-timeout`. */
  msg_timeout?: number;
}

/** nsqd's answer under feature negotiation, keys in this order. */
export interface IdentifyResponse {
  max_rdy_count: number;
  version: string;
  max_msg_timeout: number;
  msg_timeout: number;
  tls_v1: boolean;
  deflate: boolean;
  deflate_level: number;
  max_deflate_level: number;
  snappy: boolean;
  sample_rate: number;
  auth_required: boolean;
  output_buffer_size: number;
  output_buffer_timeout: number;
}

/** The bounds that a server puts on an IDENTIFY. Milliseconds and bytes, inclusive. */
export interface IdentifyBounds {
  maxHeartbeatInterval: number;
  maxOutputBufferSize: number;
  minOutputBufferTimeout: number;
  maxOutputBufferTimeout: number;
  maxMsgTimeout: number;
}

type FieldType = 'string' | 'boolean' | 'integer';

const FIELDS: Readonly<Record<keyof IdentifyRequest, FieldType>> = {
  client_id: 'string',
  hostname: 'string',
  user_agent: 'string',
  feature_negotiation: 'boolean',
  heartbeat_interval: 'integer',
  output_buffer_size: 'integer',
  output_buffer_timeout: 'integer',
  tls_v1: 'boolean',
  snappy: 'boolean',
  deflate: 'boolean',
  deflate_level: 'integer',
  sample_rate: 'integer',
  msg_timeout: 'integer',
};
// No 64-bit integer is longer, and JSON has no leading zeros.
const INTEGER = /^-?\d{1,19}$/;
const MIN_HEARTBEAT_INTERVAL = 1000;
const MIN_OUTPUT_BUFFER_SIZE = 64;
const MIN_MSG_TIMEOUT = 1000;
const MAX_SAMPLE_RATE = 99;

const isField = (key: string): key is keyof IdentifyRequest => Object.hasOwn(FIELDS, key);

/** The value of a literal, `undefined` when it is of another type or out of bounds. */
function read(key: keyof IdentifyRequest, literal: string): string | boolean | number | undefined {
  switch (FIELDS[key]) {
    case 'string':
      // Half of a surrogate pair is no character: the way through bytes replaces it.
      return literal.startsWith('"') ? Buffer.from(JSON.parse(literal) as string).toString() : undefined;
    case 'boolean':
      return literal === 'true' ? true : literal === 'false' ? false : undefined;
    case 'integer': {
      if (!INTEGER.test(literal)) return undefined;
      const value = BigInt(literal);
      return BigInt.asIntN(key === 'sample_rate' ? 32 : 64, value) === value ? Number(value) : undefined;
    }
  }
}

/**
 * Reads the body of an IDENTIFY. Keys match without regard to case, the last duplicate wins, `null` is the same as absent, unknown keys
 * are ignored, numbers are whole and written so.
 * @throws {ProtocolError} `E_BAD_BODY` when it is not JSON of the right types
 */
export function decodeIdentify(body: Buffer): IdentifyRequest {
  const request: Record<string, unknown> = {};
  let sound = true;
  const take = (name: string, literal: string): void => {
    const key = name.toLowerCase();
    if (!isField(key) || literal === 'null') return;
    const value = read(key, literal);
    if (value === undefined) sound = false;
    else request[key] = value;
  };
  try {
    sound = eachMember(body.toString('utf8'), take) && sound;
  } catch (cause) {
    throw new ProtocolError('E_BAD_BODY', 'IDENTIFY failed to decode JSON body', { cause });
  }
  if (!sound) throw new ProtocolError('E_BAD_BODY', 'IDENTIFY failed to decode JSON body');
  return request;
}

/**
 * Checks the values of an IDENTIFY against the server's bounds.
 * @throws {ProtocolError} `E_BAD_BODY` that names the first field out of bounds
 */
export function checkIdentify(request: IdentifyRequest, bounds: IdentifyBounds): void {
  const check = (what: string, value: number | undefined, min: number, max: number, special: number): void => {
    if (value === undefined || value === 0 || value === special || (value >= min && value <= max)) return;
    throw new ProtocolError('E_BAD_BODY', `IDENTIFY ${what} (${value}) is invalid`);
  };
  check('heartbeat interval', request.heartbeat_interval, MIN_HEARTBEAT_INTERVAL, bounds.maxHeartbeatInterval, -1);
  check('output buffer timeout', request.output_buffer_timeout, bounds.minOutputBufferTimeout, bounds.maxOutputBufferTimeout, -1);
  check('output buffer size', request.output_buffer_size, MIN_OUTPUT_BUFFER_SIZE, bounds.maxOutputBufferSize, -1);
  check('sample rate', request.sample_rate, 0, MAX_SAMPLE_RATE, 0);
  check('msg timeout', request.msg_timeout, MIN_MSG_TIMEOUT, bounds.maxMsgTimeout, 0);
}
