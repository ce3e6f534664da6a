/** A GET address with one `%s`; `%%` stands for a percent sign. Gives the URL for a body. */
export type GetUrl = (body: Buffer) => string;

/** @returns null unless there is exactly one `%s` */
export function parseGetUrl(template: string): GetUrl | null {
  const pieces = template.split(/(%%|%s)/);
  if (pieces.filter((piece) => piece === '%s').length !== 1) return null;
  return (body) => pieces.map((piece) => (piece === '%s' ? escapeQuery(body) : piece === '%%' ? '%' : piece)).join('');
}

const UNRESERVED = /[A-Za-z0-9_.~-]/;
const ESCAPED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (char === ' ') return '+';
  return UNRESERVED.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** Bytes as they stand in a query; they need not be text. */
export function escapeQuery(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) text += ESCAPED[byte] ?? '';
  return text;
}
