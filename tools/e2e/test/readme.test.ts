import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Programs,
  WalkThrough,
  differences,
  exportedNames,
  readmeExamples,
  runExample,
  shellLines,
  startNsqd,
  startNsqlookupd,
  typeErrors,
  type DaemonProcess,
  type Example,
} from '../src/index.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TIMEOUT_MS = 180_000;
const WALK = 'The first five minutes';

interface Manifest {
  readonly name: string;
  readonly exports?: Record<string, unknown>;
}

const packages = ['packages', 'apps'].flatMap((kind) =>
  readdirSync(join(ROOT, kind)).map((name) => {
    const folder = join(ROOT, kind, name);
    return { folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest };
  }),
);
const readmes = [
  ...packages.map(({ folder, manifest }) => ({ title: manifest.name, folder })),
  { title: 'the repository', folder: ROOT },
].map((each) => {
  const markdown = readFileSync(join(each.folder, 'README.md'), 'utf8');
  return { ...each, markdown, examples: readmeExamples(markdown) };
});
const isProgram = ({ language }: Example): boolean => language === 'js';

/** Looks like the folder of an application that has installed the packages. */
let cwd: string;
let programs: Programs;
const daemons: DaemonProcess[] = [];

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'nsq-readme-'));
  await symlink(join(ROOT, 'node_modules'), join(cwd, 'node_modules'));
  programs = await Programs.of(packages.map(({ folder }) => folder));
}, TIMEOUT_MS);

afterEach(async () => {
  await Promise.all(daemons.splice(0).map((daemon) => daemon.stop('SIGKILL')));
});

afterAll(async () => {
  await programs.remove();
  await rm(cwd, { recursive: true, force: true });
});

/** An nsqlookupd and an nsqd that registers there; their ports, by the usual ones. */
async function startDaemons(): Promise<Map<string, string>> {
  const lookupd = await startNsqlookupd();
  daemons.push(lookupd);
  const dataPath = await mkdtemp(join(cwd, 'data-'));
  const nsqd = await startNsqd({ dataPath, flags: [`--lookupd-tcp-address=127.0.0.1:${lookupd.tcpPort}`] });
  daemons.push(nsqd);
  const ports = { 4150: nsqd.tcpPort, 4151: nsqd.httpPort, 4160: lookupd.tcpPort, 4161: lookupd.httpPort };
  return new Map(Object.entries(ports).map(([port, bound]) => [port, String(bound)]));
}

describe.each(readmes)('README of $title', ({ folder, title, markdown, examples }) => {
  const walk = examples.filter(({ heading }) => heading === WALK);

  it('has an example that runs', () => {
    expect(examples.filter(isProgram).length + walk.length).toBeGreaterThan(0);
  });

  it(
    'has programs that print what they announce',
    async () => {
      const found: string[] = [];
      const runnable = examples.filter(isProgram);
      const replace = runnable.some(({ code }) => /\b41[56][01]\b/.test(code)) ? await startDaemons() : undefined;
      for (const example of runnable) {
        const outcome = await runExample(example, { cwd, ...(replace && { replace }) });
        found.push(...differences(example, outcome).map((text) => `line ${example.line}: ${text}`));
      }
      expect(found).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'has code that type-checks strictly',
    async () => {
      expect(await typeErrors(examples, cwd)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'uses programs, commands, flags, packages and paths that exist',
    async () => {
      const found: string[] = [];
      const commands = examples
        .filter(({ language }) => language === 'sh')
        .flatMap(({ code }) => shellLines(code).flatMap((line) => line.commands));
      for (const { words } of commands) {
        if (programs.paths.has(words[0] ?? '')) found.push(...(await programs.unknownWords(words)));
        if (words[0] === 'npm' && words[1] === 'install') found.push(...words.slice(2).filter((name) => !isInstallable(name)));
      }
      const urls = commands
        .filter(({ words }) => words[0] === 'curl')
        .flatMap(({ words }) => words.filter((word) => word.includes('127.0.0.1')));
      const replace = urls.length > 0 ? await startDaemons() : new Map<string, string>();
      for (const url of urls) {
        const { port, pathname } = new URL(url.startsWith('http') ? url : `http://${url}`);
        const response = await fetch(`http://127.0.0.1:${replace.get(port) ?? port}${pathname}`, { method: 'OPTIONS' });
        if (!response.ok) found.push(`${url}: ${response.status}`);
      }
      expect(found).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'names no flag that there is not',
    async () => {
      const known = await programs.allFlags();
      const named = [...markdown.matchAll(/(?<![\w-])--([a-z][\w-]*)/g)].map(([, flag = '']) => flag);
      const ofOthers = new Set(['global', 'package', 'expose-gc', 'data-binary']); // npm, Node, curl
      expect([...new Set(named)].filter((flag) => !known.has(flag) && !ofOthers.has(flag))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  if (walk.length > 0) {
    it(
      `is right about ${WALK.toLowerCase()}`,
      async () => {
        const here = join(cwd, `walk-${basename(folder)}`);
        await mkdir(here);
        expect(await new WalkThrough(programs, here).run(walk)).toEqual([]);
      },
      TIMEOUT_MS,
    );
  }

  if (folder === ROOT) {
    it('has links to files that exist', () => {
      const links = [...markdown.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
      expect(links.length).toBeGreaterThan(0);
      expect(links.filter((link) => !existsSync(join(folder, link)))).toEqual([]);
    });
  } else {
    it('can be read on its own: no relative links', () => {
      expect([...markdown.matchAll(/\]\((?!https?:|#)([^)]*)\)/g)].map(([, link]) => link)).toEqual([]);
    });

    it('says how to install it, what it needs, and under which licence', () => {
      expect(markdown).toMatch(new RegExp(`npm install (--global )?${title}\\b`));
      expect(markdown).toContain('20.19');
      expect(markdown).toContain('MIT');
    });
  }
});

describe.each(packages.filter(({ manifest }) => manifest.exports !== undefined))('$manifest.name', ({ folder, manifest }) => {
  it('has all that it exports in its README', async () => {
    const markdown = readFileSync(join(folder, 'README.md'), 'utf8');
    const named = new Set(
      [...markdown.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => code.match(/\w+/g) ?? []),
    );
    const { values, types } = await exportedNames(join(folder, 'src/index.ts'));
    const names = [...values, ...types];
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !named.has(name))).toEqual([]);
  });

  it(
    'can be required by CommonJS, as the same package that others import',
    async () => {
      const [example] = readmeExamples(
        [
          '```js',
          "import { createRequire } from 'node:module';",
          `const required = createRequire(process.cwd() + '/x.cjs')('${manifest.name}');`,
          `const imported = await import('${manifest.name}');`,
          'console.log(Object.keys(imported).filter((name) => imported[name] !== required[name]).length); // Prints: 0',
          '```',
        ].join('\n'),
      );
      if (example === undefined) throw new Error('no example');
      expect(differences(example, await runExample(example, { cwd }))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

function isInstallable(name: string): boolean {
  return name.startsWith('-') || packages.some(({ manifest }) => manifest.name === name);
}
