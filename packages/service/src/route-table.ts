interface Pattern {
  readonly methods: Set<string>;
  /** Between the slashes; one that starts with `:` stands for any text, a last `*` for any rest. */
  readonly segments: readonly string[];
}

/** Which paths exist for which methods: to say what to do with a request that no route takes. */
export class RouteTable {
  readonly #patterns = new Map<string, Pattern>();

  add(methods: string | readonly string[], url: string): void {
    let pattern = this.#patterns.get(url);
    if (pattern === undefined) {
      pattern = { methods: new Set(), segments: url.split('/').slice(1) };
      this.#patterns.set(url, pattern);
    }
    for (const method of typeof methods === 'string' ? [methods] : methods) pattern.methods.add(method);
  }

  /** The value of the `Allow` header for a path; undefined when there is no such path. */
  allowed(target: string): string | undefined {
    const path = pathOf(target);
    const segments = decodeAll(path.split('/').slice(1));
    const methods = new Set<string>();
    for (const pattern of this.#patterns.values()) {
      if (path !== '*' && !matches(pattern.segments, segments, exact)) continue;
      for (const method of pattern.methods) methods.add(method);
    }
    return methods.size === 0 ? undefined : [...methods.add('OPTIONS')].sort().join(', ');
  }

  /**
   * The target to redirect to when only a slash at the end, doubled slashes, dots or letter case keep the path from a route of this
   * method. The query stays; what stands for a parameter stays as it was written.
   */
  redirect(method: string, target: string): string | undefined {
    const path = pathOf(target);
    if (!path.startsWith('/') || path === '/') return undefined;
    const raw = clean(path);
    const segments = decodeAll(raw);
    for (const pattern of this.#patterns.values()) {
      if (!pattern.methods.has(method)) continue;
      const slash = pattern.segments.at(-1) === '' ? 1 : 0;
      const wanted = slash === 1 ? pattern.segments.slice(0, -1) : pattern.segments;
      if (!matches(wanted, segments, sameLetters)) continue;
      const fixed = raw.map((segment, i) => (isFixed(wanted[i]) ? wanted[i] : segment)).join('/');
      const location = `/${fixed}${slash === 1 && fixed !== '' ? '/' : ''}`;
      if (location !== path) return escape(location + target.slice(path.length));
    }
    return undefined;
  }
}

function pathOf(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? target : target.slice(0, mark);
}

function matches(pattern: readonly string[], segments: readonly string[], same: (a: string, b: string) => boolean): boolean {
  const open = pattern.at(-1) === '*';
  if (open ? segments.length < pattern.length : segments.length !== pattern.length) return false;
  return pattern.every((wanted, i) => {
    const segment = segments[i] ?? '';
    if (wanted === '*') return true;
    return wanted.startsWith(':') ? segment !== '' : same(wanted, segment);
  });
}

function isFixed(wanted: string | undefined): boolean {
  return wanted !== undefined && wanted !== '*' && !wanted.startsWith(':');
}

const exact = (a: string, b: string): boolean => a === b;
const sameLetters = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The segments of a path without empty ones and dots. */
function clean(path: string): string[] {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments;
}

function decodeAll(segments: readonly string[]): string[] {
  return segments.map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      return segment;
    }
  });
}

/** Browsers take `/\host` for another host, and a header has no room for bytes beyond ASCII. */
function escape(location: string): string {
  return location.replace(/[^!-[\]-~]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
