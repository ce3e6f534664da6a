/** The names that a module exports. */
export interface NamedExports {
  /** There at run time. */
  readonly values: readonly string[];
  readonly types: readonly string[];
}

const STATEMENT = /^export (type )?\{([^}]*)\} from '[^']+';$/gm;
const NAME = /^(type )?(?:\w+ as )?(\w+)$/;

/**
 * Reads an `index.ts` that consists of explicit named exports, as all of ours do.
 * @throws {Error} when there is anything else in it
 */
export function namedExports(source: string): NamedExports {
  const values: string[] = [];
  const types: string[] = [];
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const rest = code.replace(STATEMENT, (_, allTypes: string | undefined, list: string) => {
    for (const item of list.split(',').map((part) => part.trim())) {
      if (item === '') continue;
      const [, isType, name] = NAME.exec(item) ?? [];
      if (name === undefined) throw new Error(`not a named export: ${item}`);
      (allTypes !== undefined || isType !== undefined ? types : values).push(name);
    }
    return '';
  });
  if (rest.trim() !== '') throw new Error(`more than named exports: ${rest.trim()}`);
  return { values, types };
}
