import { ProtocolError } from '@nsq/protocol';
import type { PeerInfo } from '../registry/peer.js';

type FieldType = 'string' | 'integer';

const FIELDS = {
  remote_address: 'string',
  hostname: 'string',
  broadcast_address: 'string',
  tcp_port: 'integer',
  http_port: 'integer',
  version: 'string',
} as const satisfies Readonly<Record<string, FieldType>>;

type Field = keyof typeof FIELDS;

const INTEGER = /^-?\d+$/;
const STRINGS_AND_NUMBERS = /"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/g;

/**
 * Reads the body of an IDENTIFY. Names match without regard to case, unknown ones are ignored, `null` counts as absent, numbers are
 * whole and written so.
 * @param remoteAddress where the connection comes from, whatever the body says
 * @throws {ProtocolError} `E_BAD_BODY` when it is not JSON of the right types, or a field that must be there is empty or 0
 */
export function decodeIdentifyBody(body: Buffer, remoteAddress: string): PeerInfo {
  const fields = readFields(body.toString('utf8'));
  if (fields === undefined) throw new ProtocolError('E_BAD_BODY', 'IDENTIFY failed to decode JSON body');
  const text = (field: Field): string => String(fields.get(field) ?? '');
  const info: PeerInfo = {
    remoteAddress,
    hostname: text('hostname'),
    broadcastAddress: text('broadcast_address'),
    tcpPort: Number(fields.get('tcp_port') ?? 0),
    httpPort: Number(fields.get('http_port') ?? 0),
    version: text('version'),
  };
  if (info.broadcastAddress === '' || info.tcpPort === 0 || info.httpPort === 0 || info.version === '') {
    throw new ProtocolError('E_BAD_BODY', 'IDENTIFY missing fields');
  }
  return info;
}

/** Undefined when it is not an object of the right types. */
function readFields(text: string): Map<Field, string | number> | undefined {
  const fields = new Map<Field, string | number>();
  try {
    if (JSON.parse(text) === null) return fields;
    // JSON.parse does not tell 4150.0 from 4150, so numbers become texts with an `n` in front, and texts get an `s`.
    const marked: unknown = JSON.parse(
      text.replace(STRINGS_AND_NUMBERS, (found) => `"${found.startsWith('"') ? `s${found.slice(1, -1)}` : `n${found}`}"`),
    );
    if (typeof marked !== 'object' || marked === null || Array.isArray(marked)) return undefined;
    for (const [name, value] of Object.entries(marked)) {
      const field = name.slice(1).toLowerCase();
      if (!isField(field) || value === null) continue;
      const read = readValue(FIELDS[field], value);
      if (read === undefined) return undefined;
      fields.set(field, read);
    }
    return fields;
  } catch {
    return undefined;
  }
}

function readValue(type: FieldType, marked: unknown): string | number | undefined {
  if (typeof marked !== 'string') return undefined;
  const value = marked.slice(1);
  // Half of a surrogate pair is no character: the way through bytes replaces it.
  if (type === 'string') return marked.startsWith('s') ? Buffer.from(value).toString() : undefined;
  return marked.startsWith('n') && INTEGER.test(value) && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
}

function isField(name: string): name is Field {
  return Object.hasOwn(FIELDS, name);
}
