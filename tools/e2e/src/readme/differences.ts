import { outputPattern } from './announced-output.js';
import type { Example } from './readme-examples.js';
import type { Outcome } from './run-example.js';

/** What is not as the example says, a text for each; none when all is well. */
export function differences({ announced, signal }: Example, outcome: Outcome): string[] {
  const found: string[] = [];
  if (announced.stdout.length + announced.stderr.length === 0) found.push('announces nothing, so nobody sees whether it works');
  if (outcome.late) found.push(signal === null ? 'does not end' : `does not end, or does not print what it announces before ${signal}`);
  else if (outcome.code !== 0) found.push(`ends with ${outcome.code ?? 'a signal'}`);
  for (const name of ['stdout', 'stderr'] as const) {
    if (outputPattern(announced[name]).test(outcome[name])) continue;
    found.push(`${name} should be\n${indented(announced[name].join('\n'))}\nand is\n${indented(outcome[name])}`);
  }
  return found;
}

const indented = (text: string): string => text.trimEnd().replace(/^/gm, '    ');
