/** Names that Windows keeps for devices, with or without something behind a dot. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/;
const PLAIN = /[a-z0-9_-]/;

/**
 * The folder of a topic. Names differ by case and may be `.` or `..`, file systems may not tell cases apart: whatever is not a small
 * letter, a digit, `-`, `_` or a dot in the middle is written as `%` and two hex digits.
 */
export function folderOf(topic: string): string {
  let folder = '';
  for (let i = 0; i < topic.length; i++) {
    const char = topic.charAt(i);
    const middleDot = char === '.' && i > 0 && i < topic.length - 1;
    folder += PLAIN.test(char) || middleDot ? char : `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  }
  return RESERVED.test(folder) ? `%${folder.charCodeAt(0).toString(16)}${folder.slice(1)}` : folder;
}

/** The topic that a folder belongs to; undefined for folders of anything else. */
export function topicOf(folder: string): string | undefined {
  const topic = folder.replace(/%([0-9a-f]{2})/g, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return folderOf(topic) === folder ? topic : undefined;
}
