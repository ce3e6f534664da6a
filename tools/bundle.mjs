// The target `bundle` of a daemon: one file from its sources and all that they import, and the licences of what is in it. Runs in the project's folder.
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { thirdPartyLicences } from './third-party-licences.mjs';

// Fastify requires these when it is asked for schemas, a log of its own or `inject()`: nothing that a daemon does. Half of the bundle, and of its start.
const LEFT_OUT = /^(@fastify\/ajv-compiler|@fastify\/fast-json-stringify-compiler|light-my-request|pino)$/;

const leaveOut = {
  name: 'leave-out',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: LEFT_OUT }, ({ path: name }) => ({ path: name, namespace: 'left-out' }));
    onLoad({ filter: /./, namespace: 'left-out' }, ({ path: name }) => ({
      contents: `throw new Error(${JSON.stringify(`${name} is not in the bundle`)});`,
    }));
  },
};

// What packages say of sources that they do not ship would lead a debugger nowhere: their JavaScript is the source.
const ownSources = {
  name: 'own-sources',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path: file }) => ({
      contents: (await readFile(file, 'utf8')).replace(/^\/\/# sourceMappingURL=.*$/gm, ''),
    }));
  },
};

const { bin } = JSON.parse(await readFile('package.json', 'utf8'));
await rm('bundle', { recursive: true, force: true });
await mkdir('bundle');
const [outfile, ...others] = Object.values(bin);
if (outfile === undefined || others.length > 0) throw new Error('a bundle is for a package with one program');
const { metafile } = await build({
  entryPoints: ['src/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  conditions: ['@nsq/source'],
  plugins: [leaveOut, ownSources],
  sourcemap: 'linked',
  metafile: true,
  // For the CommonJS modules in it.
  banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
});
await chmod(outfile, 0o755);
await writeFile(path.join('bundle', 'THIRD-PARTY-LICENSES.txt'), await thirdPartyLicences(Object.keys(metafile.inputs)));
