/** Deeper nesting is refused, as by the reference. */
const MAX_DEPTH = 10_000;

/** The index behind the string that starts at `at`. */
function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (char === '"') return i + 1;
  }
  return text.length;
}

/**
 * Calls back for each member of a JSON object, duplicates too, with the key and the literal that is its value.
 * `JSON.parse` alone shows neither duplicates nor how a number was written.
 * @returns false when the text is JSON, but neither an object nor null
 * @throws {SyntaxError} when the text is no JSON, or nested too deeply
 */
export function eachMember(text: string, onMember: (key: string, literal: string) => void): boolean {
  const members: string[] = [];
  let depth = 0;
  let from = 0; // of the key or value under way
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '"':
        i = endOfString(text, i) - 1;
        break;
      case '{':
      case '[':
        if (++depth > MAX_DEPTH) throw new SyntaxError('JSON is nested too deeply');
        if (depth === 1) from = i + 1;
        break;
      case ':':
      case ',':
        if (depth === 1) {
          members.push(text.slice(from, i).trim());
          from = i + 1;
        }
        break;
      case '}':
      case ']':
        if (--depth === 0) members.push(text.slice(from, i).trim());
        break;
    }
  }
  const parsed: unknown = JSON.parse(text);
  if (parsed === null) return true;
  if (typeof parsed !== 'object' || Array.isArray(parsed)) return false;
  for (let i = 0; i + 1 < members.length; i += 2) onMember(JSON.parse(members[i] ?? '') as string, members[i + 1] ?? '');
  return true;
}
