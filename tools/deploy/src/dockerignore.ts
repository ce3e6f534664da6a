/**
 * The test of a `.dockerignore` whether a file, by its path from the root of the context, is sent to the build. Patterns are anchored at the root;
 * `**`, `*` and `?` as there; the last pattern that matches a file or a folder above it decides, `!` takes back.
 */
export function contextFilter(text: string): (file: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ sent: line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '').replace(/^\/|\/$/g, '')) }));
  return (file) => {
    let sent = true;
    for (const rule of rules) if (rule.pattern.test(file)) sent = rule.sent;
    return sent;
  };
}

function patternOf(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (found) => {
    if (found === '**/') return '(?:.*/)?';
    if (found === '**') return '.*';
    if (found === '*') return '[^/]*';
    return found === '?' ? '[^/]' : `\\${found}`;
  });
  return new RegExp(`^${source}(?:/.*)?$`);
}
