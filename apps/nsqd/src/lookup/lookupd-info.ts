/** What an nsqlookupd says of itself in its answer to IDENTIFY. What it leaves out is empty or 0. */
export interface LookupdInfo {
  readonly tcpPort: number;
  readonly httpPort: number;
  readonly version: string;
  readonly broadcastAddress: string;
}

const FIELDS = { tcp_port: 'number', http_port: 'number', version: 'string', broadcast_address: 'string' } as const;

/** Characters of a text: no host has a longer name. */
const MAX_CHARS = 255;

/** Names match without regard to case, others are ignored, null counts as left out. Undefined when it is not an object of these types. */
export function parseLookupdInfo(reply: Buffer): LookupdInfo | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(reply.toString());
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || Array.isArray(parsed)) return undefined;
  const found: Record<keyof typeof FIELDS, unknown> = { tcp_port: 0, http_port: 0, version: '', broadcast_address: '' };
  for (const [name, value] of Object.entries(parsed ?? {})) {
    const field = name.toLowerCase();
    if (!isField(field) || value === null) continue;
    if (typeof value !== FIELDS[field]) return undefined;
    if (typeof value === 'string' ? value.length > MAX_CHARS : !Number.isInteger(value)) return undefined;
    found[field] = value;
  }
  return {
    tcpPort: Number(found.tcp_port),
    httpPort: Number(found.http_port),
    version: String(found.version),
    broadcastAddress: String(found.broadcast_address),
  };
}

function isField(name: string): name is keyof typeof FIELDS {
  return Object.hasOwn(FIELDS, name);
}
