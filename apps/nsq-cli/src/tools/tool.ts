import { formatSeconds, resolveFlags, type FlagTable, type OptionValues } from '@nsq/options';

/** The release of NSQ whose tools these are. */
export const NSQ_VERSION = '1.3.0';

/** What ends a tool with exit code 1: one line that says what was wrong and what to do. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** How a tool speaks and is spoken to. */
export interface ToolIo {
  /** The name it goes by: of its user agent, and in hints. */
  readonly name: string;
  /** Aborted by SIGINT and SIGTERM: the tool ends cleanly. */
  readonly signal: AbortSignal;
  /** A line on standard error, as it is. */
  readonly line: (text: string) => void;
  /** A line on standard error, with the time before it. */
  readonly log: (text: string) => void;
}

/** A program with the reference's name and flags. */
export interface Tool<Table extends FlagTable> {
  readonly name: string;
  readonly table: Table;
  /** Resolves when the work is done, or was ended by the signal. Rejects, with a ToolError where it is foreseen, when it was not done. */
  run(options: OptionValues<Table>, io: ToolIo, rest: readonly string[]): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Runs a tool as a program. Resolves with the exit code; nothing is left open then. */
export async function runTool<Table extends FlagTable>(tool: Tool<Table>, argv: readonly string[]): Promise<number> {
  const resolved = resolveFlags({ program: tool.name, version: NSQ_VERSION, table: tool.table, argv });
  if (resolved.kind === 'exit') {
    process.stdout.write(resolved.stdout);
    process.stderr.write(resolved.stderr);
    return resolved.code;
  }
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  const line = (text: string): void => void process.stderr.write(`${text}\n`);
  const log = (text: string): void => line(`${formatSeconds(Date.now())} ${oneLine(text)}`);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await tool.run(resolved.options, { name: tool.name, signal: stop.signal, line, log }, resolved.rest);
    return 0;
  } catch (error) {
    log(reasonOf(error));
    return 1;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error is one line, whatever a peer has put into its text. */
export const oneLine = (text: string): string => text.trimEnd().replaceAll(/[\r\n]+/g, ' ');
