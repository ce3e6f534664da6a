/** One instruction of a Dockerfile: its word in upper case and what follows, with continued lines joined. */
export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** A stage of a build: from one FROM to the next. */
export interface Stage {
  readonly base: string;
  /** Of `FROM ... AS name`; empty without. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  /** Defaults of the ARGs before the first FROM. */
  readonly args: ReadonlyMap<string, string>;
  readonly stages: readonly Stage[];
}

/**
 * Reads what our Dockerfiles use of the format: comments, continued lines, ARGs before the first stage, several stages. No heredocs and no
 * other escape character.
 * @throws {Error} when there is no FROM
 */
export function parseDockerfile(text: string): Dockerfile {
  const args = new Map<string, string>();
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(text)) {
    const { word, rest } = instruction;
    const stage = stages.at(-1);
    if (word === 'FROM') {
      const [base = '', as = '', name = ''] = expand(rest, args).split(/\s+/);
      stages.push({ base, name: as.toUpperCase() === 'AS' ? name : '', instructions: [] });
    } else if (stage !== undefined) {
      stage.instructions.push(instruction);
    } else if (word === 'ARG') {
      const [name = '', value = ''] = rest.split(/=(.*)/s);
      args.set(name, value);
    } else {
      throw new Error(`${word} before the first FROM`);
    }
  }
  if (stages.length === 0) throw new Error('no FROM');
  return { args, stages };
}

/** The argument of the last such instruction of a stage; undefined without one. */
export function lastOf(stage: Stage, word: string): string | undefined {
  return stage.instructions.findLast((instruction) => instruction.word === word)?.rest;
}

/** All arguments of such instructions of a stage. */
export function allOf(stage: Stage, word: string): readonly string[] {
  return stage.instructions.filter((instruction) => instruction.word === word).map(({ rest }) => rest);
}

/** Program and arguments of an instruction in exec form, as in `CMD ["node"]`. @throws {Error} when it is in shell form, which hides signals */
export function execForm(text: string | undefined): readonly string[] {
  const words: unknown = text?.startsWith('[') === true ? JSON.parse(text) : undefined;
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) throw new Error(`not in exec form: ${String(text)}`);
  return words;
}

function* instructionsOf(text: string): Generator<Instruction> {
  let joined = '';
  for (const line of text.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue;
    joined += line.replace(/\\\s*$/, ' ');
    if (/\\\s*$/.test(line)) continue;
    const [, word = '', rest = ''] = /^\s*(\S+)\s+(.*?)\s*$/.exec(joined) ?? [];
    yield { word: word.toUpperCase(), rest };
    joined = '';
  }
}

function expand(text: string, args: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => args.get(name) ?? whole);
}
