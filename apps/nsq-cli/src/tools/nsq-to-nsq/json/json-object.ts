/** Levels of nesting that a body may have. */
const MAX_DEPTH = 10_000;

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The body as a JSON object; `null` counts as one without fields.
 * @returns undefined for what is no object, nested too deeply, or has a number that no double can hold
 */
export function parseObject(body: Buffer): JsonObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value) || !isBounded(value)) return undefined;
  return value as JsonObject;
}

/** Level by level, as recursion would end at the depth of the stack. */
function isBounded(root: object): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'number' && !Number.isFinite(value)) return false;
      if (typeof value !== 'object' || value === null) continue;
      for (const item of Object.values(value) as unknown[]) next.push(item);
    }
    if (depth > MAX_DEPTH) return false;
    level = next;
  }
  return true;
}
