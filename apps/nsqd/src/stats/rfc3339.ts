const MINUTE_MS = 60_000;

/**
 * A moment as RFC 3339, in whole seconds; `Z` for UTC.
 * @param offset minutes that the zone is ahead of UTC then; the local zone's by default
 */
export function rfc3339(unixSeconds: number, offset?: number): string {
  const ms = Math.floor(unixSeconds) * 1000;
  const ahead = offset ?? -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + ahead * MINUTE_MS).toISOString().slice(0, 19);
  if (ahead === 0) return `${local}Z`;
  const minutes = Math.abs(ahead);
  return `${local}${ahead < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(n: number): string {
  return n.toString().padStart(2, '0');
}
