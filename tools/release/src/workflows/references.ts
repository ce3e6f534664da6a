/** What a workflow needs of the repository. */
export interface References {
  /** Scripts of the root's package.json. */
  readonly scripts: readonly string[];
  readonly files: readonly string[];
  /** Patterns, of which each has to match a file. */
  readonly patterns: readonly string[];
  /** Commands of `npm run release`. */
  readonly releaseCommands: readonly string[];
}

/** Finds the npm scripts, files and patterns in the text of a GitHub workflow. Comments are left out. */
export function referencesOf(workflow: string): References {
  const text = workflow.replace(/(^|\s)#.*$/gm, '');
  return {
    scripts: [...all(text, /\bnpm run (?:--silent )?([\w:-]+)/g), ...all(text, /\bnpm (test|start)\b/g)],
    files: [...all(text, /\bnode ((?:\.\/)?[\w./-]+\.[mc]?js)\b/g), ...all(text, /\brun: (\.[\w./-]+)/g)],
    patterns: [...all(text, /hashFiles\('([^']+)'\)/g), ...all(text, /cache-dependency-path: '?([^'\s,}]+)/g)],
    releaseCommands: all(text, /\bnpm run (?:--silent )?release -- ([\w-]+)/g),
  };
}

function all(text: string, pattern: RegExp): string[] {
  return [...new Set(Array.from(text.matchAll(pattern), ([, found]) => found ?? ''))];
}
