import { join } from 'node:path';
import type ts from 'typescript';
import type { Example } from './readme-examples.js';

const STRICT: ts.CompilerOptions = {
  lib: ['lib.es2023.d.ts'],
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  skipLibCheck: true,
  noEmit: true,
};

/**
 * Type-checks `js` and `ts` examples, each as a TypeScript module of its own in `cwd`, from where packages and their types are found (`@types/node` has
 * to be there). Nothing is written.
 * @returns one line for each error, with the line of the README
 */
export async function typeErrors(examples: readonly Example[], cwd: string): Promise<string[]> {
  const { default: ts } = await import('typescript'); // too large for everybody who imports these tools
  const options = {
    ...STRICT,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const sources = new Map(
    examples
      .filter(({ language }) => language === 'js' || language === 'ts')
      .map((example) => [join(cwd, `readme-line-${example.line}.mts`), example] as const),
  );
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  // `export {}` makes a module of what imports nothing; behind the code, so that lines stay what they are.
  const codeOf = (file: string): string | undefined => sources.get(file)?.code.concat('export {};\n');
  host.getCurrentDirectory = () => cwd;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => codeOf(file) ?? readFile(file);
  host.getSourceFile = (file, target, ...more) => {
    const code = codeOf(file);
    return code === undefined ? getSourceFile(file, target, ...more) : ts.createSourceFile(file, code, target);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    const example = file === undefined ? undefined : sources.get(file.fileName);
    if (file === undefined || example === undefined) return text;
    return `line ${example.line + file.getLineAndCharacterOfPosition(start).line + 1}: ${text}`;
  });
}
