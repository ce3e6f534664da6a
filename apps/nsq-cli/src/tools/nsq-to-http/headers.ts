/** `Name: value` lines. @returns null when one has no colon, an empty name or an empty value, or is not allowed in HTTP */
export function parseHeaders(lines: readonly string[]): Readonly<Record<string, string>> | null {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    const value = line.slice(colon + 1).trim();
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || value === '' || !/^[\t\x20-\x7e\x80-\xff]+$/.test(value)) return null;
    headers[name.toLowerCase()] = value;
  }
  return headers;
}
