import { announcedOutput, type AnnouncedOutput } from './announced-output.js';

/** A fenced block of a README. */
export interface Example {
  /** What stands behind the fence: `js` is a program, `ts` a fragment of one, `sh` commands, `text` what the block in front of it prints. */
  readonly language: string;
  readonly code: string;
  /** Of the fence, from 1. */
  readonly line: number;
  /** Text of the nearest heading above it; empty when there is none. */
  readonly heading: string;
  /** What a program says that it prints. */
  readonly announced: AnnouncedOutput;
  /** The signal that a program waits for, once it has printed everything; `null` when it ends by itself. */
  readonly signal: 'SIGTERM' | 'SIGINT' | null;
}

const FENCE = /^```(\w*)$/;
const HEADING = /^#+ (.*)$/;

/** All fenced blocks, in their order. Blocks inside lists, with spaces in front of the fence, are not taken. */
export function readmeExamples(markdown: string): Example[] {
  const examples: Example[] = [];
  let heading = '';
  let open: { language: string; line: number; code: string[] } | null = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    const language = FENCE.exec(line)?.[1];
    if (open !== null && language === '') {
      examples.push(example(open.language, `${open.code.join('\n')}\n`, open.line, heading));
      open = null;
    } else if (open !== null) open.code.push(line);
    else if (language !== undefined) open = { language, line: index + 1, code: [] };
    else heading = HEADING.exec(line)?.[1] ?? heading;
  }
  if (open !== null) throw new Error(`the block that begins in line ${open.line} does not end`);
  return examples;
}

function example(language: string, code: string, line: number, heading: string): Example {
  const signal = /SIGTERM|SIGINT/.exec(code)?.[0] as Example['signal'] | undefined;
  return { language, code, line, heading, announced: announcedOutput(code), signal: signal ?? null };
}
