import { readFileSync } from 'node:fs';

/** The names that a module exports. */
export interface NamedExports {
  /** There at run time. */
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/**
 * Reads a file that consists of `export { … } from`, as every `index.ts` of ours does.
 * @throws {Error} when there is anything else in it
 */
export async function exportedNames(file: string): Promise<NamedExports> {
  const { default: ts } = await import('typescript');
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023);
  const values: string[] = [];
  const types: string[] = [];
  for (const statement of source.statements) {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) {
      throw new Error(`${file}: more than named exports: ${statement.getText(source)}`);
    }
    for (const { isTypeOnly, name } of statement.exportClause.elements) {
      (isTypeOnly || statement.isTypeOnly ? types : values).push(name.text);
    }
  }
  return { values, types };
}
